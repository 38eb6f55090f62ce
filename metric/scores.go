package metric

import "math"

// Accuracy returns the share of rows whose predicted class is the true one.
func Accuracy(truth, predicted []int32) float64 {
	if len(truth) != len(predicted) {
		panicLengths("Accuracy", len(truth), len(predicted))
	}
	hits := 0
	for i := range truth {
		if truth[i] == predicted[i] {
			hits++
		}
	}
	return float64(hits) / float64(len(truth))
}

// F1 returns each class's harmonic mean of precision and recall,
// 2TP/(2TP+FP+FN), NaN for a class that is neither true nor predicted
// anywhere, and their mean over the other classes (macro F1).
func F1(truth, predicted []int32, classes int) (macro float64, perClass []float64) {
	if len(truth) != len(predicted) {
		panicLengths("F1", len(truth), len(predicted))
	}
	hit, seen := make([]float64, classes), make([]float64, classes)
	for i := range truth {
		seen[truth[i]]++
		seen[predicted[i]]++
		if truth[i] == predicted[i] {
			hit[truth[i]]++
		}
	}
	perClass = make([]float64, classes)
	for k := range perClass {
		perClass[k] = 2 * hit[k] / seen[k] // 0/0 is NaN
	}
	return MeanScore(perClass), perClass
}

// R2 returns 1 - (sum of squared errors)/(sum of squares about the mean): 1
// for perfect predictions, 0 for the mean. NaN if the truth is constant.
func R2(truth, predicted []float64) float64 {
	squares := squaredErrors(truth, predicted)
	mean, total := meanOf(truth), 0.0
	for _, v := range truth {
		total += float64((v - mean) * (v - mean))
	}
	if total == 0 {
		return math.NaN()
	}
	return 1 - squares/total
}

// RMSE returns the root of the mean squared error.
func RMSE(truth, predicted []float64) float64 {
	return math.Sqrt(squaredErrors(truth, predicted) / float64(len(truth)))
}

func squaredErrors(truth, predicted []float64) float64 {
	if len(truth) != len(predicted) {
		panicLengths("squared errors", len(truth), len(predicted))
	}
	sum := 0.0
	for i, v := range truth {
		e := v - predicted[i]
		sum += float64(e * e)
	}
	return sum
}
