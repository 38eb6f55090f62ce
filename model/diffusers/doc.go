// Package diffusers reads and writes the model folders of Hugging Face diffusers
// (github.com/huggingface/diffusers, 0.35), so far those of UNet2DModel:
//
//	config.json                                      the network, see network.UNetConfig
//	diffusion_pytorch_model.safetensors              its weights, or
//	diffusion_pytorch_model.safetensors.index.json   the list of their shards, or
//	diffusion_pytorch_model.fp16.safetensors         the same in float16
//
// The files may lie in a sub-folder unet, as they do in a pipeline's folder.
// Three things of old checkpoints are understood: attention weights called
// query, key, value and proj_attn; attention weights that are 1x1 convolutions;
// and the words Infinity, -Infinity and NaN, which Python writes into JSON.
package diffusers
