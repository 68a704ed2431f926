namespace Mlorq;

/// <summary>Whose output weights are learned for, codes, scales and biases together.</summary>
public enum ReconstructionObjective
{
    /// <summary>Nothing is learned: codes stay as they were rounded.</summary>
    None,

    /// <summary>The output of each transformer block, one block after the other (BRECQ, Li et al. 2021).</summary>
    Block,

    /// <summary>The output of the model, all layers at once.</summary>
    Model,
}

/// <summary>How codes are learned for more than their own layer's output.</summary>
public sealed record ReconstructionOptions
{
    /// <summary>Whose output they are learned for.</summary>
    public ReconstructionObjective Objective { get; init; } = ReconstructionObjective.None;

    /// <summary>Steps of Adam, for each block or for the whole model.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Samples in a step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The first learning rate of scales and biases, in parts of themselves.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>The first learning rate of codes: of α, which has to move by 1.6 to change a code.</summary>
    public double CodeRate { get; init; } = 0.2;

    /// <summary>How strongly codes are drawn to levels, in parts of the squared error.</summary>
    public double Pull { get; init; } = 1000;

    internal void AddViolations(List<string> violations)
    {
        if (Steps < 1) violations.Add($"reconstruction steps must be 1 or more, not {Steps}");
        if (BatchSize < 1) violations.Add($"the samples of a reconstruction step must be 1 or more, not {BatchSize}");
        if (!(LearningRate > 0) || !double.IsFinite(LearningRate)) violations.Add($"the learning rate of reconstruction must be above 0, not {LearningRate}");
        if (!(CodeRate > 0) || !double.IsFinite(CodeRate)) violations.Add($"the code rate of reconstruction must be above 0, not {CodeRate}");
        if (!(Pull >= 0) || !double.IsFinite(Pull)) violations.Add($"the pull of reconstruction must be 0 or more, not {Pull}");
    }
}
