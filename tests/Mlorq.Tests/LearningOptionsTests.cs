namespace Mlorq.Tests;

public class LearningOptionsTests
{
    [Fact]
    public void All_that_is_out_of_range_is_told_at_once()
    {
        var options = TinyModels.Options(2) with
        {
            Reconstruction = new ReconstructionOptions { Steps = 0, BatchSize = -1, LearningRate = double.NaN, CodeRate = 0, Pull = -0.5 },
            Tuning = new TuningOptions { Steps = -2, BatchSize = 0, LearningRate = double.PositiveInfinity },
        };
        Assert.Equal(
            "These options are out of range: reconstruction steps must be 1 or more, not 0; the samples of a reconstruction step must be 1 or more, not -1; "
                + "the learning rate of reconstruction must be above 0, not NaN; the code rate of reconstruction must be above 0, not 0; "
                + "the pull of reconstruction must be 0 or more, not -0.5; tuning steps must be 1 or more, not -2; "
                + $"the samples of a tuning step must be 1 or more, not 0; the learning rate of tuning must be above 0, not {double.PositiveInfinity}.",
            Assert.Throws<OptionsException>(options.EnsureValid).Message);
    }

    [Fact]
    public void Limits_themselves_are_allowed() => (TinyModels.Options(2) with
    {
        Reconstruction = new ReconstructionOptions { Objective = ReconstructionObjective.Block, Steps = 1, BatchSize = 1, LearningRate = 1e-9, CodeRate = 1e-9, Pull = 0 },
        Tuning = new TuningOptions { Method = TuningMethod.None, Steps = 1, BatchSize = 1, LearningRate = 1e-9 },
    }).EnsureValid();
}
