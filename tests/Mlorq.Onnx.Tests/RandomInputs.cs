using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests;

/// <summary>Seeded inputs that fit a model: floats around zero, small whole numbers.</summary>
internal static class RandomInputs
{
    /// <summary>A tensor for each input; open dimensions become <paramref name="open"/>.</summary>
    public static Dictionary<string, Tensor> For(Model model, long open = 2, int seed = 1)
    {
        var random = new Random(seed);
        return model.Graph.Inputs.ToDictionary(i => i.Name, i => Of(i.Type, [.. i.Shape!.Select(d => d ?? open)], random));
    }

    public static Tensor Floats(Random random, params long[] shape) => Of(ElementType.Float, shape, random);

    private static Tensor Of(ElementType type, long[] shape, Random random)
    {
        var count = Tensor.CountElements(shape);
        var values = Enumerable.Range(0, (int)count).Select(_ => (random.NextDouble() * 2) - 1).ToArray();
        return type switch
        {
            ElementType.Float => Tensor.Of([.. values.Select(v => (float)v)], shape),
            ElementType.Float16 => Tensor.Of([.. values.Select(v => (Half)v)], shape),
            ElementType.Double => new Tensor(type, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()),
            ElementType.Int64 => Tensor.Of([.. values.Select(v => (long)((v + 1) * 50))], shape),
            ElementType.Bool => new Tensor(type, shape, values.Select(v => (byte)(v > 0 ? 1 : 0)).ToArray()),
            _ => throw new NotSupportedException($"No random inputs of type {type}."),
        };
    }
}
