using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Tests.Activations;

public class ActivationGuardTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };
    private static readonly Model Tiny = Canonicalize.Apply(TinyModels.TwoLayers().Build());
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny);

    // The second tensor's levels are far too coarse for it.
    private static readonly IReadOnlyList<QuantizedActivation> Activations = [.. ActivationPoints.Find(Tiny, LayerFinder.Find(Tiny))
        .Select(p => new QuantizedActivation(p, p.Tensor == "x" ? new ActivationGrid.Uniform(0.01f, 128, 8) : new ActivationGrid.Uniform(20f, 0, 8)))];

    [Fact]
    public void Each_tensor_is_measured_on_its_own()
    {
        var guarded = ActivationGuard.Measure(Tiny, Activations, Inputs, null, Run);

        Assert.Equal(["x", "r"], guarded.Select(g => g.Activation.Point.Tensor));
        foreach (var g in guarded) Assert.Equal(OutputComparison.Between(Tiny, StaticActivations.Insert(Tiny, [g.Activation]), Inputs, Run), g.Change);
        Assert.Equal(1, guarded.Sum(g => g.Share), 1e-12);
        Assert.Equal([false, true], guarded.Select(g => g.StaysFloat));
    }

    [Fact]
    public void Limits_are_in_decibels_or_in_parts_of_all_noise()
    {
        var (fine, coarse) = (Measure(new GuardLimit.SignalToNoise(0))[0].Change.SignalToNoiseInDecibels, Measure(new GuardLimit.SignalToNoise(0))[1].Change.SignalToNoiseInDecibels);
        Assert.Equal([false, true], Floats(new GuardLimit.SignalToNoise((fine + coarse) / 2)));
        Assert.Equal([true, true], Floats(new GuardLimit.SignalToNoise(fine + 1)));
        Assert.Equal([false, false], Floats(new GuardLimit.SignalToNoise(coarse - 1)));
        Assert.Equal([false, true], Floats(new GuardLimit.ShareOfNoise(0.5)));
        Assert.Equal([false, false], Floats(new GuardLimit.ShareOfNoise(1)));
    }

    [Fact]
    public void What_is_not_finite_any_more_stays_float()
    {
        var model = Canonicalize.Apply(TinyModels.TwoLayers().Output("z").Constant("far", Tensor.Of([1e38f], 1)).Node("Mul", "r,far", "scaled").Weight("w4", 96, 32).Node("MatMul", "scaled,w4", "z").Build());
        var guarded = ActivationGuard.Measure(model, [new(new ActivationPoint("x", ActivationRole.LinearInput, []), new ActivationGrid.Uniform(1e30f, 1, 8))], Inputs, new GuardLimit.SignalToNoise(1), Run);
        Assert.True(guarded[0].StaysFloat);
    }

    private static IReadOnlyList<GuardedActivation> Measure(GuardLimit limit) => ActivationGuard.Measure(Tiny, Activations, Inputs, limit, Run);

    private static IEnumerable<bool> Floats(GuardLimit limit) => Measure(limit).Select(g => g.StaysFloat);
}
