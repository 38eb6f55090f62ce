package scheduler

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"ebb/model/diffusers/pyjson"
)

// Config is scheduler_config.json: the union of the fields of all classes.
type Config struct {
	Class string `json:"_class_name"`

	// The discrete schedule.
	TrainTimesteps int       `json:"num_train_timesteps"`
	BetaStart      float64   `json:"beta_start"`
	BetaEnd        float64   `json:"beta_end"`
	BetaSchedule   string    `json:"beta_schedule"`
	TrainedBetas   []float64 `json:"trained_betas"`
	ZeroSNR        bool      `json:"rescale_betas_zero_snr"`

	// What the network predicts, and how x0 is bounded.
	Prediction     string  `json:"prediction_type"`
	VarianceType   *string `json:"variance_type"`
	ClipSample     bool    `json:"clip_sample"`
	ClipRange      float64 `json:"clip_sample_range"`
	Thresholding   bool    `json:"thresholding"`
	ThresholdRatio float64 `json:"dynamic_thresholding_ratio"`
	SampleMax      float64 `json:"sample_max_value"`

	// Which times are visited.
	Spacing       string `json:"timestep_spacing"`
	StepsOffset   int    `json:"steps_offset"`
	SetAlphaOne   bool   `json:"set_alpha_to_one"`
	FinalSigmas   string `json:"final_sigmas_type"`
	Interpolation string `json:"interpolation_type"`
	TimestepType  string `json:"timestep_type"`
	OriginalSteps int    `json:"original_inference_steps"`

	// Noise levels instead of steps.
	Karras        bool      `json:"use_karras_sigmas"`
	Exponential   bool      `json:"use_exponential_sigmas"`
	BetaSigmas    bool      `json:"use_beta_sigmas"`
	LuLambdas     bool      `json:"use_lu_lambdas"`
	FlowSigmas    bool      `json:"use_flow_sigmas"`
	SigmaMin      *float64  `json:"sigma_min"`
	SigmaMax      *float64  `json:"sigma_max"`
	SigmaData     float64   `json:"sigma_data"`
	SigmaSchedule string    `json:"sigma_schedule"`
	Rho           float64   `json:"rho"`
	LambdaMin     nonFinite `json:"lambda_min_clipped"`

	// Flow matching.
	FlowShift       float64  `json:"flow_shift"`
	Shift           float64  `json:"shift"`
	DynamicShifting bool     `json:"use_dynamic_shifting"`
	TimeShift       string   `json:"time_shift_type"`
	ShiftTerminal   *float64 `json:"shift_terminal"`
	InvertSigmas    bool     `json:"invert_sigmas"`
	Stochastic      bool     `json:"stochastic_sampling"`

	// Multistep solvers.
	Algorithm        string `json:"algorithm_type"`
	SolverOrder      int    `json:"solver_order"`
	SolverType       string `json:"solver_type"`
	LowerOrderFinal  bool   `json:"lower_order_final"`
	EulerAtFinal     bool   `json:"euler_at_final"`
	PredictX0        bool   `json:"predict_x0"`
	DisableCorrector []int  `json:"disable_corrector"`
	PredictorOrder   int    `json:"predictor_order"`
	CorrectorOrder   int    `json:"corrector_order"`
	SkipPRK          bool   `json:"skip_prk_steps"`

	// Consistency models.
	TimestepScaling float64 `json:"timestep_scaling"`
}

// nonFinite reads a number, or one of the words that Python writes for what
// JSON has no number for.
type nonFinite float64

func (v *nonFinite) UnmarshalJSON(text []byte) error {
	switch strings.ToLower(strings.Trim(string(text), `"`)) {
	case "-inf", "-infinity":
		*v = nonFinite(math.Inf(-1))
		return nil
	case "inf", "infinity":
		*v = nonFinite(math.Inf(1))
		return nil
	}
	return json.Unmarshal(text, (*float64)(v))
}

// Parse reads the configuration of a class; fields that are missing have the
// class's own defaults. class is for a text without _class_name, and may be
// empty for one with it.
func Parse(class string, text []byte) (Config, error) {
	text = pyjson.Quote(text)
	var head struct {
		Class string `json:"_class_name"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return Config{}, fmt.Errorf("scheduler configuration: %w", err)
	}
	if head.Class != "" {
		class = head.Class
	}
	k, err := find(class)
	if err != nil {
		return Config{}, err
	}
	c := defaults()
	if k.defaults != nil {
		k.defaults(&c)
	}
	c.Class = class
	if err := json.Unmarshal(text, &c); err != nil {
		return Config{}, fmt.Errorf("configuration of %s: %w", class, err)
	}
	c.Class = class
	if c.TrainTimesteps < 1 {
		return Config{}, fmt.Errorf("configuration of %s: num_train_timesteps is %d; at least 1 is needed", class, c.TrainTimesteps)
	}
	return c, nil
}

// defaults are those that most classes share.
func defaults() Config {
	return Config{
		TrainTimesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, BetaSchedule: "linear",
		Prediction: "epsilon", ClipRange: 1, ThresholdRatio: 0.995, SampleMax: 1,
		Spacing: "linspace", SetAlphaOne: true, FinalSigmas: "zero", Interpolation: "linear", TimestepType: "discrete",
		LambdaMin: nonFinite(math.Inf(-1)), SigmaData: 0.5, SigmaSchedule: "karras", Rho: 7,
		FlowShift: 1, Shift: 1, TimeShift: "exponential",
		SolverOrder: 2, LowerOrderFinal: true, PredictX0: true, PredictorOrder: 2, CorrectorOrder: 2,
		OriginalSteps: 50, TimestepScaling: 10,
	}
}
