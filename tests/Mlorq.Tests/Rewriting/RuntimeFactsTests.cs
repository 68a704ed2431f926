using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests.Rewriting;

/// <summary>What the product relies on ONNX Runtime for; a new version that breaks one of these is noticed here by name.</summary>
public class RuntimeFactsTests
{
    private const int K = 64;
    private const int N = 32;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Codes_of_2_4_and_8_bits_load(int bits)
    {
        using var runner = ModelRunner.Load(Plain(bits, 32));
        Assert.Equal([1, N], runner.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Of(new float[K], 1, K) })[0].Shape);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Codes_of_other_bits_are_refused(int bits) => Assert.Throws<ModelRunException>(() => ModelRunner.Load(Plain(bits, 32)).Dispose());

    [Theory]
    [InlineData(8)]
    [InlineData(48)]
    public void Blocks_other_than_powers_of_two_from_16_are_refused(int block) =>
        Assert.Throws<ModelRunException>(() => ModelRunner.Load(Plain(4, block)).Dispose());

    [Fact]
    public void Bit_operations_on_constants_fold()
    {
        var model = Base()
            .Constant("low", Bytes(1)).Constant("high", Bytes(2)).Constant("scales", Scales(32))
            .Constant("shift", Tensor.Of([(byte)2], 1)).Constant("mask", Tensor.Of([(byte)0xCC], 1))
            .Node("BitShift", "high,shift", "shifted", NodeAttribute.Text("direction", "LEFT"))
            .Node("BitwiseAnd", "shifted,mask", "masked")
            .Node("BitwiseOr", "low,masked", "codes")
            .Add(Kernel("codes", "scales", 4, 32));
        Assert.Equal(["MatMulNBits"], OneLayer.KeptOperators(Build(model)));
    }

    [Fact]
    public void Half_precision_scales_fold()
    {
        var model = Base()
            .Constant("codes", Bytes(1))
            .Constant("rows", Tensor.Of(Enumerable.Repeat((Half)0.5f, N).ToArray(), N, 1))
            .Constant("bytes", new Tensor(ElementType.Int8, [N, K / 32], new byte[N * K / 32]))
            .Node("Cast", "rows", "r", NodeAttribute.Int("to", 1)).Node("Cast", "bytes", "f", NodeAttribute.Int("to", 1))
            .Node("Mul", "r,f", "scales")
            .Add(Kernel("codes", "scales", 4, 32));
        Assert.Equal(["MatMulNBits"], OneLayer.KeptOperators(Build(model)));
    }

    [Fact]
    public void Two_bits_take_float_zero_points()
    {
        var model = Base()
            .Constant("codes", new Tensor(ElementType.UInt8, [N, 2, 8], Enumerable.Repeat((byte)0b11100100, N * 16).ToArray()))
            .Constant("scales", Scales(32)).Constant("zero", Tensor.Of(Enumerable.Repeat(1.25f, N * 2).ToArray(), N, 2))
            .Add(new Node("MatMulNBits", "", ["x", "codes", "scales", "zero"], ["y"], Attributes(2, 32), "com.microsoft"));
        var y = Judge.Run(Build(model), new Dictionary<string, Tensor> { ["x"] = Tensor.Of(Enumerable.Repeat(1f, K).ToArray(), 1, K) })[0];
        // Codes 0, 1, 2, 3 in turn, less 1.25, sixteen times.
        Assert.All(y.Floats.ToArray(), v => Assert.Equal(16 * (6 - 5f), v, 1e-4f));
    }

    [Fact]
    public void Without_zero_points_the_middle_code_is_zero()
    {
        foreach (var (bits, middle) in new[] { (4, (byte)0x88), (8, (byte)0x80) })
        {
            var model = Base()
                .Constant("codes", new Tensor(ElementType.UInt8, [N, 2, 4 * bits], Enumerable.Repeat(middle, N * 8 * bits).ToArray()))
                .Constant("scales", Scales(32)).Add(Kernel("codes", "scales", bits, 32));
            var y = Judge.Run(Build(model), new Dictionary<string, Tensor> { ["x"] = Tensor.Of(Enumerable.Repeat(1f, K).ToArray(), 1, K) })[0];
            Assert.All(y.Floats.ToArray(), v => Assert.Equal(0, v));
        }
    }

    private static GraphBuilder Base() => new GraphBuilder().Input("x", 1, K).Output("y");

    private static Model Build(GraphBuilder builder)
    {
        var editor = builder.Build(18).Edit();
        editor.ImportOpset("com.microsoft", 1);
        return editor.ToModel();
    }

    private static Model Plain(int bits, int block)
    {
        var (blocks, bytes) = ((K + block - 1) / block, block * bits / 8);
        return Build(Base()
            .Constant("codes", new Tensor(ElementType.UInt8, [N, blocks, bytes], new byte[N * blocks * bytes]))
            .Constant("scales", Tensor.Of(Enumerable.Repeat(1f, N * blocks).ToArray(), N, blocks))
            .Add(Kernel("codes", "scales", bits, block)));
    }

    private static Tensor Bytes(byte value) => new(ElementType.UInt8, [N, 2, 16], Enumerable.Repeat(value, N * 32).ToArray());

    private static Tensor Scales(int block) => Tensor.Of(Enumerable.Repeat(1f, N * K / block).ToArray(), N, K / block);

    private static Node Kernel(string codes, string scales, int bits, int block) =>
        new("MatMulNBits", "", ["x", codes, scales], ["y"], Attributes(bits, block), "com.microsoft");

    private static NodeAttribute[] Attributes(int bits, int block) =>
        [NodeAttribute.Int("K", K), NodeAttribute.Int("N", N), NodeAttribute.Int("bits", bits), NodeAttribute.Int("block_size", block)];
}
