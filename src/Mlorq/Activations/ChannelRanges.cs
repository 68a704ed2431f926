using System.Numerics.Tensors;
using Tensor = Mlorq.Onnx.Graphs.Tensor;

namespace Mlorq.Activations;

/// <summary>The least and the greatest value of each channel of a tensor, the last axis being the channels.</summary>
/// <param name="Lowest">[channels].</param>
/// <param name="Highest">[channels].</param>
public sealed record ChannelRanges(IReadOnlyList<float> Lowest, IReadOnlyList<float> Highest)
{
    /// <summary>The ranges of one tensor.</summary>
    /// <param name="tensor">Float, […, channels], not empty.</param>
    public static ChannelRanges Of(Tensor tensor)
    {
        if (tensor.Shape.Count == 0 || tensor.Count == 0) throw new ArgumentException("The tensor has no channels or no values.", nameof(tensor));
        var values = tensor.Floats;
        var width = (int)tensor.Shape[^1];
        var (lowest, highest) = (values[..width].ToArray(), values[..width].ToArray());
        for (var start = width; start < values.Length; start += width)
        {
            TensorPrimitives.Min(lowest, values.Slice(start, width), lowest);
            TensorPrimitives.Max(highest, values.Slice(start, width), highest);
        }

        return new ChannelRanges(lowest, highest);
    }

    /// <summary>The ranges of both together.</summary>
    /// <exception cref="ArgumentException">They have different numbers of channels.</exception>
    public ChannelRanges Merge(ChannelRanges other)
    {
        if (Lowest.Count != other.Lowest.Count) throw new ArgumentException($"{other.Lowest.Count} channels do not go with {Lowest.Count}.", nameof(other));
        return new ChannelRanges([.. Lowest.Zip(other.Lowest, Math.Min)], [.. Highest.Zip(other.Highest, Math.Max)]);
    }
}
