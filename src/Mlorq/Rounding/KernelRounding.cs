using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>Rounds a kernel, a table or embeddings: no input moments are collected for them, so all weights count alike.</summary>
internal static class KernelRounding
{
    public static QuantizedMatrix Round(Matrix<float> kernel, WeightFormat format)
    {
        var importance = new float[kernel.Columns];
        Array.Fill(importance, 1);
        return QuantizedMatrix.Nearest(kernel, GridTable.Search(kernel, importance, format));
    }
}
