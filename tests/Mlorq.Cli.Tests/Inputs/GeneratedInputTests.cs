using System.Runtime.InteropServices;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Tests.Inputs;

public class GeneratedInputTests
{
    private const int Many = 40_000;

    // Five standard errors of the mean, and of the variance, of so many standard normal numbers.
    private const double MeanTolerance = 0.025;
    private const double VarianceTolerance = 0.036;

    [Theory]
    [InlineData(ElementType.Float)]
    [InlineData(ElementType.Double)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Floats_are_standard_normal(ElementType type)
    {
        var values = Floats(new GeneratedInput("x", type, [Many]).Create(7));
        var mean = values.Average();
        Assert.Equal(0, mean, MeanTolerance);
        Assert.Equal(1, values.Average(v => (v - mean) * (v - mean)), VarianceTolerance);
        // 95.45 % lie within two standard deviations.
        Assert.Equal(0.9545, values.Count(v => Math.Abs(v) < 2) / (double)Many, 0.006);
    }

    [Fact]
    public void Equal_seeds_give_equal_values_and_each_input_has_its_own()
    {
        GeneratedInput[] inputs = [new("a", ElementType.Float, [2, 8]), new("b", ElementType.Float, [2, 8])];
        var (first, again) = (GeneratedInput.CreateAll(inputs, 3), GeneratedInput.CreateAll(inputs, 3));
        Assert.Equal(first["a"].Floats.ToArray(), again["a"].Floats.ToArray());
        Assert.Equal(first["b"].Floats.ToArray(), again["b"].Floats.ToArray());
        Assert.NotEqual(first["a"].Floats.ToArray(), first["b"].Floats.ToArray());
        Assert.NotEqual(first["a"].Floats.ToArray(), GeneratedInput.CreateAll(inputs, 4)["a"].Floats.ToArray());
    }

    [Theory]
    [InlineData(ElementType.Int8)]
    [InlineData(ElementType.UInt8)]
    [InlineData(ElementType.Int16)]
    [InlineData(ElementType.UInt16)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.UInt32)]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.UInt64)]
    [InlineData(ElementType.Bool)]
    public void Integers_and_truth_values_are_one(ElementType type)
    {
        var tensor = new GeneratedInput("x", type, [2, 3]).Create(1);
        var one = new byte[type.SizeInBytes()];
        one[0] = 1;
        Assert.Equal(Enumerable.Repeat(one, 6).SelectMany(b => b), tensor.Bytes.ToArray());
        Assert.Equal((type, 6), (tensor.Type, tensor.Count));
    }

    [Fact]
    public void Ids_are_all_numbers_below_the_one_given()
    {
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), new GeneratedInput("x", ElementType.Int64, [Many], 300).Create(1).Longs.ToArray().Distinct().Order());
        Assert.Equal(Enumerable.Range(0, 128), new GeneratedInput("x", ElementType.Int8, [Many], 128).Create(1).Bytes.ToArray().Select(b => (int)b).Distinct().Order());
        var shorts = MemoryMarshal.Cast<byte, ushort>(new GeneratedInput("x", ElementType.UInt16, [Many], 1000).Create(1).Bytes.Span).ToArray();
        Assert.Equal((0, 999), (shorts.Min(), shorts.Max()));
    }

    [Fact]
    public void A_scalar_has_one_element() => Assert.Equal(1, Assert.Single(new GeneratedInput("x", ElementType.Int64, []).Create(1).Longs.ToArray()));

    [Theory]
    [InlineData("x", new long[] { 1, 3, 224, 224 }, null)]
    [InlineData("a:b=c x", new long[] { 7 }, 30522)]
    [InlineData("", new long[0], 2)]
    public void What_is_passed_to_another_process_arrives_there(string name, long[] shape, int? ids)
    {
        var input = new GeneratedInput(name, ElementType.Int64, shape, ids);
        var arrived = GeneratedInput.Parse(input.ToArgument());
        Assert.Equal((name, ElementType.Int64, ids), (arrived.Name, arrived.Type, arrived.Ids));
        Assert.Equal(shape, arrived.Shape);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Float:1x2:x")]
    [InlineData("Floats:1x2::x")]
    [InlineData("Float:1xb::x")]
    [InlineData("Float:1x2:many:x")]
    public void Other_arguments_are_refused(string argument) => Assert.Throws<UsageException>(() => GeneratedInput.Parse(argument));

    private static double[] Floats(Tensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        return tensor.Type switch
        {
            ElementType.Float => [.. tensor.Floats.ToArray().Select(v => (double)v)],
            ElementType.Double => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
            ElementType.Float16 => [.. tensor.Halves.ToArray().Select(v => (double)v)],
            _ => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(v => (double)BitConverter.UInt32BitsToSingle((uint)v << 16))],
        };
    }
}
