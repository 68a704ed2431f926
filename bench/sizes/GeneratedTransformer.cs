using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>
/// A vision transformer with random weights, for time and memory, not for accuracy. Its matrices are not mere noise, which nothing compresses: rows and
/// columns differ in strength, and some directions stand out, as in trained models.
/// </summary>
internal sealed class GeneratedTransformer
{
    private const int Patch = 16;
    private const int Side = 224;
    private const int PatchesOfSide = Side / Patch;
    private const int Tokens = (PatchesOfSide * PatchesOfSide) + 1;
    private const int Classes = 1000;

    // The directions of a matrix that stand out.
    private const int Strong = 24;

    private readonly TransformerSize _size;
    private readonly Random _random;
    private readonly GraphBuilder _graph = new GraphBuilder().Input("input", null, 3, Side, Side).Output("logits");

    private GeneratedTransformer(TransformerSize size, int seed) => (_size, _random) = (size, new Random(seed));

    /// <summary>The model; the same for the same seed.</summary>
    public static Model Build(TransformerSize size, int seed) => new GeneratedTransformer(size, seed).Build();

    /// <summary>Smooth pictures [count, 3, 224, 224]: some waves in each plane, and a little noise.</summary>
    public static Tensor Pictures(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count * 3 * Side * Side];
        for (var plane = 0; plane < count * 3; plane++)
        {
            var waves = Enumerable.Range(0, 6).Select(_ => (X: 0.06 * Normal(random), Y: 0.06 * Normal(random), Phase: random.NextDouble() * Math.Tau)).ToArray();
            for (var i = 0; i < Side * Side; i++)
            {
                var sum = 0.5 * waves.Sum(w => Math.Sin((w.X * (i % Side)) + (w.Y * (i / Side)) + w.Phase));
                values[(plane * Side * Side) + i] = (float)(sum + (0.1 * Normal(random)));
            }
        }

        return Tensor.Of(values.AsSpan(), count, 3, Side, Side);
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble());

    private Model Build()
    {
        var width = _size.Width;
        _graph.Constant("patches.weight", Tensor.Of(Matrix(width, 3 * Patch * Patch, 1).AsSpan(), width, 3, Patch, Patch)).Constant("patches.bias", Vector(width, 0, 0.02))
            .Constant("token", Tensor.Of(Values(width, 0, 0.5).AsSpan(), 1, 1, width)).Constant("positions", Tensor.Of(Values(Tokens * width, 0, 0.3).AsSpan(), 1, Tokens, width))
            .Constant("as_tokens", Whole(0, width, Tokens - 1)).Constant("one_each", Whole(1, 1))
            .Constant("as_heads", Whole(0, 0, 3, _size.Heads, TransformerSize.HeadWidth)).Constant("as_channels", Whole(0, 0, width))
            .Constant("root", Scalar(1 / Math.Sqrt(TransformerSize.HeadWidth))).Constant("half", Scalar(0.5)).Constant("unit", Scalar(1)).Constant("root_two", Scalar(Math.Sqrt(2)));
        for (var i = 0; i < 3; i++) _graph.Constant($"part{i}", Tensor.Of([(long)i]));
        _graph.Node("Conv", "input,patches.weight,patches.bias", "patches", NodeAttribute.Ints("kernel_shape", Patch, Patch), NodeAttribute.Ints("strides", Patch, Patch))
            .Node("Reshape", "patches,as_tokens", "rows").Node("Transpose", "rows", "columns", NodeAttribute.Ints("perm", 0, 2, 1))
            .Node("Shape", "input", "count", NodeAttribute.Int("end", 1)).Node("Concat", "count,one_each", "token_shape", NodeAttribute.Int("axis", 0)).Node("Expand", "token,token_shape", "tokens")
            .Node("Concat", "tokens,columns", "sequence", NodeAttribute.Int("axis", 1)).Node("Add", "sequence,positions", "x0");
        for (var b = 0; b < _size.Blocks; b++) AddBlock(b);
        Normalize($"x{_size.Blocks}", "norm", "normalized");
        _graph.Node("Gather", "normalized,part0", "features", NodeAttribute.Int("axis", 1));
        Linear("features", "head", width, Classes, "logits", 1);
        return _graph.Build();
    }

    private void AddBlock(int index)
    {
        var (name, width, hidden) = ($"blocks.{index}", _size.Width, 4 * _size.Width);
        Normalize($"x{index}", $"{name}.norm1", $"{name}.n1");
        Linear($"{name}.n1", $"{name}.qkv", width, 3 * width, $"{name}.all", 1);
        _graph.Node("Reshape", $"{name}.all,as_heads", $"{name}.split").Node("Transpose", $"{name}.split", $"{name}.parts", NodeAttribute.Ints("perm", 2, 0, 3, 1, 4));
        for (var i = 0; i < 3; i++) _graph.Node("Gather", $"{name}.parts,part{i}", $"{name}.{"qkv"[i]}", NodeAttribute.Int("axis", 0));
        _graph.Node("Mul", $"{name}.q,root", $"{name}.scaled").Node("Transpose", $"{name}.k", $"{name}.kt", NodeAttribute.Ints("perm", 0, 1, 3, 2))
            .Node("MatMul", $"{name}.scaled,{name}.kt", $"{name}.scores").Node("Softmax", $"{name}.scores", $"{name}.attention", NodeAttribute.Int("axis", -1))
            .Node("MatMul", $"{name}.attention,{name}.v", $"{name}.mixed").Node("Transpose", $"{name}.mixed", $"{name}.back", NodeAttribute.Ints("perm", 0, 2, 1, 3))
            .Node("Reshape", $"{name}.back,as_channels", $"{name}.joined");
        Linear($"{name}.joined", $"{name}.proj", width, width, $"{name}.projected", 0.5);
        _graph.Node("Add", $"x{index},{name}.projected", $"{name}.middle");
        Normalize($"{name}.middle", $"{name}.norm2", $"{name}.n2");
        Linear($"{name}.n2", $"{name}.fc1", width, hidden, $"{name}.h", 1);
        _graph.Node("Div", $"{name}.h,root_two", $"{name}.hs").Node("Erf", $"{name}.hs", $"{name}.e").Node("Add", $"{name}.e,unit", $"{name}.e1")
            .Node("Mul", $"{name}.h,{name}.e1", $"{name}.he").Node("Mul", $"{name}.he,half", $"{name}.g");
        Linear($"{name}.g", $"{name}.fc2", hidden, width, $"{name}.out", 0.5);
        _graph.Node("Add", $"{name}.middle,{name}.out", $"x{index + 1}");
    }

    private void Linear(string input, string name, int from, int to, string output, double gain)
    {
        // Stored as [in, out], the way exporters write products.
        _graph.Constant($"{name}.weight", Tensor.Of(Matrix(from, to, gain).AsSpan(), from, to)).Constant($"{name}.bias", Vector(to, 0, 0.02))
            .Node("MatMul", $"{input},{name}.weight", $"{name}.product").Node("Add", $"{name}.product,{name}.bias", output);
    }

    private void Normalize(string input, string name, string output) =>
        _graph.Constant($"{name}.weight", Vector(_size.Width, 1, 0.2)).Constant($"{name}.bias", Vector(_size.Width, 0, 0.1))
            .Node("LayerNormalization", $"{input},{name}.weight,{name}.bias", output, NodeAttribute.Float("epsilon", 1e-6f));

    // Of unit variance times gain over its inputs, whichever of its axes they are along: a few strong directions take half of it, noise the rest.
    private float[] Matrix(int rows, int columns, double gain)
    {
        var (ofRows, ofColumns) = (Strengths(rows), Strengths(columns));
        var (left, right) = (Values(rows * Strong, 0, 1), Values(Strong * columns, 0, 1));
        var scale = gain / Math.Sqrt(Math.Min(rows, columns));
        var values = new float[rows * columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                double strong = 0;
                for (var k = 0; k < Strong; k++) strong += left[(i * Strong) + k] * right[(k * columns) + j];
                values[(i * columns) + j] = (float)(scale * ofRows[i] * ofColumns[j] * Math.Sqrt(0.5) * ((strong / Math.Sqrt(Strong)) + Normal(_random)));
            }
        }

        return values;
    }

    private double[] Strengths(int count) => [.. Enumerable.Range(0, count).Select(_ => Math.Exp(0.3 * Normal(_random)))];

    private float[] Values(int count, double mean, double deviation)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (float)(mean + (deviation * Normal(_random)));
        return values;
    }

    private Tensor Vector(int count, double mean, double deviation) => Tensor.Of(Values(count, mean, deviation).AsSpan(), count);

    private static Tensor Scalar(double value) => Tensor.Of([(float)value]);

    private static Tensor Whole(params long[] values) => Tensor.Of(values.AsSpan(), values.Length);
}
