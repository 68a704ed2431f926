namespace Mlorq;

/// <summary>How sample gradients are taken.</summary>
public sealed record GradientOptions
{
    /// <summary>Calibration inputs to differentiate at, the first ones.</summary>
    public int Samples { get; init; } = 256;

    /// <summary>Random projections of the outputs for each of them.</summary>
    public int Projections { get; init; } = 1;

    /// <summary>Where random numbers start: equal seeds give equal files.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The tensors whose change is the price of an error; null for the float outputs, or the last differentiable tensors before outputs that have no gradient.</summary>
    public IReadOnlyList<string>? ProjectedTensors { get; init; }
}
