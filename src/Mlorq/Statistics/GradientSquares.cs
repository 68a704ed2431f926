using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;

namespace Mlorq.Statistics;

/// <summary>Squares of the gradients by linear layers, summed over samples s; only their proportions within a layer count.</summary>
/// <param name="Rows">By tensor: q [out], the sum over s of ‖row i of D_s‖².</param>
/// <param name="Tokens">By tensor: [in, in], the sum of ‖g_t‖² x_t x_tᵀ over tokens t, see <see cref="TokenMoments"/>; empty where it was not asked for.</param>
/// <param name="Outputs">By tensor: G [out, out], the sum of g_t g_tᵀ over tokens t, see <see cref="OutputMoments"/>; empty where it was not asked for, or rows gain nothing from it.</param>
/// <param name="Hessians">By tensor: H [out, in], the sum over s of D_s ∘ D_s, the paper's label-free Hessian diagonal; empty where it was not asked for.</param>
internal sealed record GradientSquares(
    IReadOnlyDictionary<string, double[]> Rows,
    IReadOnlyDictionary<string, KeptMatrix> Tokens,
    IReadOnlyDictionary<string, KeptMatrix> Outputs,
    IReadOnlyDictionary<string, Matrix<double>> Hessians)
{
    /// <summary>q of a layer; null where its gradient is zero or unknown.</summary>
    public double[]? RowsOf(LinearLayer layer) => Rows.GetValueOrDefault(layer.TensorName);

    /// <summary>The weighted moments of a layer's inputs; null where its gradient is zero or unknown.</summary>
    public SymmetricMatrix<float>? TokensOf(LinearLayer layer) => Tokens.GetValueOrDefault(layer.TensorName)?.Read();

    /// <summary>G of a layer; null where its gradient is zero or unknown, or its rows gain nothing from it.</summary>
    public SymmetricMatrix<float>? OutputsOf(LinearLayer layer) => Outputs.GetValueOrDefault(layer.TensorName)?.Read();

    /// <summary>H of a layer; null where its gradient is zero or unknown.</summary>
    public Matrix<double>? HessianOf(LinearLayer layer) => Hessians.GetValueOrDefault(layer.TensorName);

    /// <summary>The same with their matrices in a file, but for Hessians.</summary>
    public GradientSquares MovedTo(TemporaryFile file)
    {
        return this with { Tokens = Moved(Tokens), Outputs = Moved(Outputs) };

        Dictionary<string, KeptMatrix> Moved(IReadOnlyDictionary<string, KeptMatrix> matrices) => matrices.ToDictionary(m => m.Key, m => m.Value.MovedTo(file));
    }

    /// <summary>Those of groups of layers together.</summary>
    public static GradientSquares Join(IReadOnlyList<GradientSquares> groups) => new(
        groups.SelectMany(g => g.Rows).ToDictionary(), groups.SelectMany(g => g.Tokens).ToDictionary(), groups.SelectMany(g => g.Outputs).ToDictionary(), groups.SelectMany(g => g.Hessians).ToDictionary());
}
