using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>What is kept of a layer's inputs x: their number, their mean and their second moments, all in double.</summary>
/// <param name="Count">The number of input rows (tokens).</param>
/// <param name="Mean">E[x], [in].</param>
/// <param name="Second">C = E[x xᵀ], [in, in].</param>
public sealed record InputMoments(long Count, double[] Mean, Matrix<double> Second)
{
    /// <summary>E[(x − μ)(x − μ)ᵀ]: the right metric where a bias takes up the mean error.</summary>
    public Matrix<double> Centered()
    {
        var result = Second.Copy();
        for (var i = 0; i < Mean.Length; i++)
        {
            for (var j = 0; j < Mean.Length; j++) result[i, j] -= Mean[i] * Mean[j];
        }

        return result;
    }
}
