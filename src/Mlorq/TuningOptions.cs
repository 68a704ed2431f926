namespace Mlorq;

/// <summary>What is tuned for the model's outputs.</summary>
public enum TuningMethod
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>What costs no bytes: scales, biases, weights and biases of normalisations.</summary>
    Free,
}

/// <summary>How numbers that cost no bytes are tuned, all layers together, for the model's outputs.</summary>
public sealed record TuningOptions
{
    /// <summary>What is tuned.</summary>
    public TuningMethod Method { get; init; } = TuningMethod.Free;

    /// <summary>Steps of Adam.</summary>
    public int Steps { get; init; } = 80;

    /// <summary>Samples in a step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The first learning rate, in parts of a scale, and of the root mean square of biases and other numbers; it falls to zero like half a wave of a cosine.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>Whether pictures are varied: random parts of them, every second one mirrored. Other inputs never are.</summary>
    public bool Variations { get; init; } = true;

    /// <summary>What the squared error of the last block's features counts beside that of the outputs; 0 for nothing.</summary>
    public double Features { get; init; }

    internal void AddViolations(List<string> violations)
    {
        if (Steps < 1) violations.Add($"tuning steps must be 1 or more, not {Steps}");
        if (BatchSize < 1) violations.Add($"the samples of a tuning step must be 1 or more, not {BatchSize}");
        if (!(Features >= 0) || !double.IsFinite(Features)) violations.Add($"the weight of features must be 0 or more, not {Features}");
        if (!(LearningRate > 0) || !double.IsFinite(LearningRate)) violations.Add($"the learning rate of tuning must be above 0, not {LearningRate}");
    }
}
