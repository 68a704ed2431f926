namespace Mlorq;

/// <summary>Whose scales learn together with their levels.</summary>
public enum ScaleLearning
{
    /// <summary>None; those of whole matrices, and of left factors, are fitted to the levels after each round.</summary>
    None,

    /// <summary>Those of both factors of a pair.</summary>
    Factors,

    /// <summary>Those of whole matrices as well.</summary>
    Everywhere,
}

/// <summary>How adaptive rounding learns. The defaults are measured on the layers of DeiT-Tiny at 2 to 4 bits, where more steps gain little: three times as many took 0.4 % off the error.</summary>
public sealed record AdaptiveOptions
{
    /// <summary>Steps in all, shared out over the rounds; more take longer and leave a somewhat smaller error.</summary>
    public int Iterations { get; init; } = 1000;

    /// <summary>Adam's step on the logits of the shares; a weight has to move by about 3 to change its level.</summary>
    public double LearningRate { get; init; } = 0.2;

    /// <summary>How often levels are chosen anew around the best result so far; every round is longer than the one before.</summary>
    public int Rounds { get; init; } = 4;

    /// <summary>The weight of the regulariser that drives every weight to a level, in units of the mean curvature of a row.</summary>
    public double Hardness { get; init; } = 2;

    /// <summary>Whose scales learn together with the levels.</summary>
    public ScaleLearning LearnScales { get; init; } = ScaleLearning.Factors;

    internal void AddViolations(List<string> violations)
    {
        if (Iterations < 1) violations.Add($"rounding iterations must be 1 or more, not {Iterations}");
        if (Rounds < 1) violations.Add($"rounds of adaptive rounding must be 1 or more, not {Rounds}");
        if (!(LearningRate > 0) || !double.IsFinite(LearningRate)) violations.Add($"the rounding rate must be above 0, not {LearningRate}");
        if (!(Hardness > 0) || !double.IsFinite(Hardness)) violations.Add($"the hardness of rounding must be above 0, not {Hardness}");
    }

    /// <summary>The steps of a round, counted from 0: in proportion to 1, 2, 3, …</summary>
    internal int IterationsOf(int round) => Math.Max(1, (int)(Iterations * 2.0 * (round + 1.0) / (Rounds * (Rounds + 1.0))));
}
