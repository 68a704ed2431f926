using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

public class TrainingPlanTests
{
    private static readonly TrainingPlan Plan = new(200, 16, 0.01, new CodePlan(0.05, 100));

    [Fact]
    public void Rates_rise_over_the_first_five_steps_and_then_fall_to_zero_like_half_a_wave()
    {
        for (var i = 0; i < Plan.Steps; i++)
        {
            var share = 0.5 * (1 + Math.Cos(Math.PI * i / 200)) * Math.Min(1, (i + 1) / 5.0);
            Assert.Equal(0.01 * share, Plan.At(i, 1).Rate, 1e-8);
            Assert.Equal(0.05 * share, Plan.At(i, 1).CodeRate, 1e-8);
        }

        var rates = Enumerable.Range(0, Plan.Steps).Select(i => Plan.At(i, 1).Rate).ToList();
        Assert.Equal(rates[..5].Order(), rates[..5]);
        Assert.Equal(rates[4..].OrderDescending(), rates[4..]);
        Assert.Equal(0.005, rates[100], 1e-5);
        Assert.InRange(rates[^1], 1e-9f, 1e-5f);
        Assert.InRange(rates[0], 0.0019f, 0.0021f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Few_steps_are_all_of_finite_rate_above_zero(int steps) =>
        Assert.All(Enumerable.Range(0, steps), i => Assert.InRange((Plan with { Steps = steps }).At(i, 1).Rate, 1e-6f, 0.01f));

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1e-6)]
    [InlineData(1e9)]
    public void The_pull_is_in_parts_of_the_error(double error) => Assert.Equal(100 * error, Plan.At(150, error).Pull, 1e-9 * error);

    [Fact]
    public void The_exponent_is_none_for_a_fifth_and_then_falls_from_twenty_to_two()
    {
        for (var i = 0; i < 40; i++) Assert.Equal(0, Plan.At(i, 1).Exponent);
        Assert.Equal(20, Plan.At(40, 1).Exponent, 1e-5);
        Assert.Equal(11, Plan.At(120, 1).Exponent, 1e-4);
        Assert.Equal(2, Plan.At(199, 1).Exponent, 0.2);
        var exponents = Enumerable.Range(40, 160).Select(i => Plan.At(i, 1).Exponent).ToList();
        Assert.Equal(exponents.OrderDescending(), exponents);
    }

    [Fact]
    public void Without_codes_nothing_pulls()
    {
        var step = (Plan with { Codes = null }).At(150, 1);
        Assert.Equal((0f, 0.0), (step.CodeRate, step.Pull));
        Assert.True(step.Rate > 0);
    }

    [Fact]
    public void Options_become_plans()
    {
        var codes = TrainingPlan.Of(new ReconstructionOptions { Steps = 3, BatchSize = 4, LearningRate = 0.5, CodeRate = 0.25, Pull = 8 });
        Assert.Equal(new TrainingPlan(3, 4, 0.5, new CodePlan(0.25, 8)), codes);
        Assert.Equal(new TrainingPlan(6, 7, 0.125, null), TrainingPlan.Of(new TuningOptions { Steps = 6, BatchSize = 7, LearningRate = 0.125 }));
    }
}
