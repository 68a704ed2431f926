namespace Mlorq.Tuning;

/// <summary>x</summary>
internal sealed record TuningOptions
{
    public int Steps { get; init; } = 120;
    public int BatchSize { get; init; } = 16;
    public bool Varied { get; init; } = true;
    public bool Codes { get; init; }
    public double CodeWeight { get; init; } = 1;
    public LearningRates Rates { get; init; } = new(3e-3f, 0.03f);
}
