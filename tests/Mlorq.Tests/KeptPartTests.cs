using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests;

public class KeptPartTests
{
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void Layers_and_what_is_left_alone_are_the_file(RuntimeProfile runtime)
    {
        var factors = Doubles(1024);
        var model = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 1024).Weight("w2", 1024, 48).Constant("factors", factors).Output("y")
            .Node("MatMul", "x,w1", "h").Node("Cast", "h", "wide", NodeAttribute.Int("to", (long)ElementType.Double)).Node("Mul", "wide,factors", "scaled")
            .Node("Cast", "scaled", "narrow", NodeAttribute.Int("to", (long)ElementType.Float)).Node("Selu", "narrow", "bent").Node("MatMul", "bent,w2", "y").Build();
        var options = TinyModels.Bytes(80_000) with { Runtime = runtime, Sensitivity = SensitivityMethod.Measured, Weighting = ErrorWeighting.InputMoments };
        var result = Compressor.Compress(model, TinyModels.Calibration(model), options, new RunSettings());
        var parts = KeptPart.Of(result);
        Assert.Equal(result.Model.SizeInBytes, parts.Sum(p => p.SizeInBytes) + result.Plan.Choices.Sum(c => c.Candidate.SizeInBytes));
        var constant = parts.Single(p => p.Name == "factors");
        Assert.Equal("constant of Mul: its type is Double, not Float", constant.Reason);
        Assert.InRange(constant.SizeInBytes, 8 * 1024, (8 * 1024) + 40);
        Assert.Equal((1, "nodes that pass through"), (parts.Single(p => p.Name == "Selu").Count, parts.Single(p => p.Name == "Selu").Reason));
        Assert.Equal(2, parts.Single(p => p.Name == "Cast").Count);
        Assert.All(parts, p => Assert.True(p.SizeInBytes > 0, p.Name));
        Assert.Equal(parts.OrderByDescending(p => p.SizeInBytes).Select(p => p.Name), parts.Select(p => p.Name));
    }

    private static Tensor Doubles(int count) =>
        new(ElementType.Double, [count], System.Runtime.InteropServices.MemoryMarshal.AsBytes(Enumerable.Range(0, count).Select(i => 1 + (i % 7 / 10.0)).ToArray().AsSpan()).ToArray());
}
