using Mlorq.Activations;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>What a layer takes in memory when ONNX Runtime has loaded the file: the constants that are left when everything that can be folded is.</summary>
/// <remarks>Kernels pack constants in their own order and pad them to some multiple of rows, which is not counted; nor are values between layers.</remarks>
public static class ResidentSize
{
    /// <summary>Bytes of a layer's constants in memory.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="candidate">How it is stored.</param>
    /// <param name="runtime">What ONNX Runtime makes of it: packed codes and a scale for each block, or a byte for each weight and a scale for each row.</param>
    public static long InBytes(Layer layer, Candidate candidate, RuntimeProfile runtime)
    {
        ArgumentNullException.ThrowIfNull(layer);
        // Its products are in single precision, from packed codes.
        if (layer is LinearLayer { Product: ProductForm.Float }) runtime = RuntimeProfile.Memory;
        return (layer, candidate) switch
        {
            // Rows are looked up in what is stored, which stays beside what products read.
            (LinearLayer { IsTied: true } linear, Candidate.Dense dense) =>
                Matrix(dense.Format, linear.OutFeatures, linear.InFeatures, runtime) + LinearFragment.Dense(linear with { Bias = null }, dense.Format, runtime).Tensors.Sum(t => t.DataSizeInBytes),
            (LinearLayer linear, Candidate.Dense dense) => Matrix(dense.Format, linear.OutFeatures, linear.InFeatures, runtime),
            (LinearLayer linear, Candidate.MixedRows mixed) => runtime == RuntimeProfile.Speed
                ? Bytes(linear.OutFeatures, linear.InFeatures)
                : Packed(mixed.Low.Blocks(linear.InFeatures), mixed.Low.BlockSize(linear.InFeatures), MixedRowsFunctions.KernelBits, linear.OutFeatures),
            (LinearLayer linear, Candidate.LowRank pair) =>
                Matrix(pair.Right, pair.Rank, linear.InFeatures, runtime) + Matrix(pair.Left, linear.OutFeatures, pair.Rank, runtime),
            // Looked up row by row, as stored.
            (TableLayer table, Candidate.Rows8) => table.Parameters + (2L * table.Rows),
            (TableLayer table, Candidate.Dense dense) => KernelFragment.Dense(table, dense.Format).Tensors.Sum(t => t.DataSizeInBytes),
            (LinearLayer { Bias: { } bias }, _) => sizeof(float) * (layer.Parameters + bias.Values.Length),
            _ => sizeof(float) * layer.Parameters,
        };
    }

    /// <summary>What kernels take less, as they are bytes: one kernel for each convolution that multiplies with it, and none in single precision where all do.</summary>
    /// <param name="model">The canonical model.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="activations">Tensors that are rounded with static scales.</param>
    internal static long SavedByConvolutions(Model model, IEnumerable<Layer> layers, IReadOnlyList<QuantizedActivation> activations)
    {
        var integer = IntegerConvolutions.Of(model.Graph, activations).ToLookup(c => c.Node.Input(1));
        return layers.OfType<ConvolutionLayer>().Where(l => l.Integers is not null && integer.Contains(l.TensorName)).Sum(layer =>
        {
            var uses = integer[layer.TensorName].Count();
            var isFloat = model.Graph.Readers(layer.TensorName).Count > uses;
            return (isFloat ? 0 : sizeof(float) * layer.Parameters) - (uses * Bytes(layer.Rows, layer.Columns));
        });
    }

    private static long Matrix(WeightFormat format, int rows, int columns, RuntimeProfile runtime)
    {
        if (runtime == RuntimeProfile.Speed) return Bytes(rows, columns);
        var blocks = format.Blocks(columns);
        // At 2 bits zero points are floats, and there for symmetric grids as well.
        var zeros = format.BitWidth.HasFloatZeros ? sizeof(float) * blocks : format.Symmetry == Symmetry.Asymmetric ? CodePacking.ZeroBytesPerRow(format, columns) : 0;
        return Packed(blocks, format.BlockSize(columns), format.BitWidth.KernelBits, rows) + ((long)rows * zeros);
    }

    // Codes, scales and the bias, which is zeros where there is none.
    private static long Packed(int blocks, int block, int bits, int rows) => (long)rows * ((blocks * block * bits / 8) + (sizeof(float) * (blocks + 1)));

    private static long Bytes(int rows, int columns) => (long)rows * (columns + (2 * sizeof(float)));
}
