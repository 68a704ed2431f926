using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>What is known of a layer's inputs x: their number, their mean and their second moments.</summary>
/// <param name="Count">The number of input rows (tokens).</param>
/// <param name="Mean">E[x], [in].</param>
/// <param name="Second">C = E[x xᵀ], [in, in].</param>
internal sealed record InputMoments(long Count, double[] Mean, Matrix<double> Second);
