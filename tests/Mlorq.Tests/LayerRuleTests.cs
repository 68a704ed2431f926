using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Resuming;

namespace Mlorq.Tests;

/// <summary>Rules for layers, through the real search and the real solver.</summary>
public class LayerRuleTests
{
    [Fact]
    public void Pinned_layers_have_their_form_and_excluded_ones_stay_as_they_are()
    {
        var plan = Compress(LayerRule.ParseWidths("*/mlp/*=3,4"), LayerRule.ParsePin("*/mlp/fc2=8"), LayerRule.ParsePin("blocks/blocks.1/attn/qkv=q4g32a"), LayerRule.ParseExclusion("*/patch_embed/*"));

        foreach (var choice in plan.Choices.Where(c => c.Layer is LinearLayer))
        {
            var (name, candidate) = (choice.Layer.Name, choice.Candidate.Candidate);
            if (name.EndsWith("/mlp/fc2", StringComparison.Ordinal)) Assert.Equal(8, Assert.IsType<Candidate.Dense>(candidate).Format.BitWidth.Bits);
            else if (name.Contains("/mlp/", StringComparison.Ordinal)) Assert.All(WidthsOf(candidate), w => Assert.Contains(w, (int[])[3, 4]));
            else if (name == "blocks/blocks.1/attn/qkv") Assert.Equal("q4g32a", candidate.ToString());
            else if (name.StartsWith("patch_embed", StringComparison.Ordinal)) Assert.IsType<Candidate.Single>(candidate);
        }

        Assert.Contains(plan.Choices, c => c.Layer.Name.StartsWith("patch_embed", StringComparison.Ordinal));
        Assert.Contains(plan.Choices, c => c.Layer.Name.EndsWith("/mlp/fc2", StringComparison.Ordinal));
        Assert.True(plan.SizeInBytes <= plan.BudgetInBytes);
    }

    // What a rule leaves is solved as well as without: the best plan under a rule is the best of all plans that obey it.
    [Fact]
    public void The_plan_under_rules_is_the_best_of_an_analysis_that_the_rules_are_put_on_afterwards()
    {
        var rules = (LayerRule[])[LayerRule.ParseWidths("*=2,4,16,32"), LayerRule.ParsePin("*/attn/proj=4")];
        var free = Options() with { Allocation = Allocation.Uniform };
        var analysis = Compressor.Analyze(VitFashion.Source, VitFashion.Calibration, free, new RunSettings());
        var restricted = LayerRules.Restrict(analysis, free.Candidates with { Rules = rules }, Allocation.Mixed);

        foreach (var front in restricted.Prices)
        {
            var rule = LayerRules.Of(front.Front.Layer, free.Candidates with { Rules = rules });
            Assert.All(front.Front.Candidates, c => Assert.True(rule?.Allows(c.Candidate) ?? true));
            Assert.Equal(front.Front.Candidates.Count, front.Prices.Count);
        }

        var plan = Planner.Plan(restricted, Options(rules), new RunSettings());
        var fixedSize = plan.SizeInBytes - plan.Choices.Sum(c => c.Candidate.SizeInBytes);
        var solved = BudgetSolver.Solve(restricted.Prices, fixedSize, plan.BudgetInBytes, TestContext.Current.CancellationToken);
        // The solver by itself may choose forms whose functions this plan has not paid for.
        Assert.InRange(plan.NoiseToSignal, solved.NoiseToSignal * (1 - 1e-9), solved.NoiseToSignal * 1.1);
    }

    [Fact]
    public void The_last_rule_that_means_a_layer_decides()
    {
        var layers = LayerFinder.Find(VitFashion.Canonical).Layers;
        var fc1 = layers.First(l => l.Name.EndsWith("fc1", StringComparison.Ordinal));
        var options = new CandidateOptions { Rules = [LayerRule.ParseExclusion("*"), LayerRule.ParsePin("*/fc1=4")] };
        Assert.Equal("pin */fc1=4", LayerRules.Of(fc1, options)!.ToString());
        Assert.Equal("exclude *", LayerRules.Of(fc1, options with { Rules = [.. options.Rules.Reverse()] })!.ToString());
    }

    [Fact]
    public void Constants_that_have_no_such_width_are_not_meant()
    {
        var layers = LayerFinder.Find(VitFashion.Canonical).Layers;
        var options = new CandidateOptions { Rules = [LayerRule.ParseWidths("*=3")] };
        foreach (var layer in layers) Assert.Equal(layer is LinearLayer or KernelLayer, LayerRules.Of(layer, options) is not null);
    }

    [Theory]
    [InlineData("haed=8", "matches none of the", "'head")]
    [InlineData("*/mpl/*=4", "matches none of the", "/mlp/")]
    [InlineData("re:^nothing=4", "Names look like '", "mlorq inspect --verbose")]
    [InlineData("*norm*=3", "leaves '", "it can be fp16, fp32")]
    public void A_rule_that_means_no_layer_is_refused_before_any_work(string pin, params string[] words)
    {
        var run = new RunSettings { Progress = new Refusing() };
        var error = Assert.Throws<OptionsException>(() => Compressor.Compress(VitFashion.Source, VitFashion.Calibration, Options(LayerRule.ParsePin(pin)), run));
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("head", "before an equals sign")]
    [InlineData("=8", "before an equals sign")]
    [InlineData("head=5", "2, 3, 4, 6, 8, 16 and 32 bits")]
    [InlineData("head=q4g48", "q4g64")]
    [InlineData("head=", "it must be one of")]
    public void A_pin_that_cannot_be_understood_is_refused(string pin, string words) =>
        Assert.Contains(words, Assert.Throws<OptionsException>(() => LayerRule.ParsePin(pin)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("*=3,5")]
    [InlineData("*=")]
    [InlineData("*=3;4")]
    [InlineData("*=-3")]
    public void Widths_that_cannot_be_understood_are_refused(string widths) =>
        Assert.Contains("2, 3, 4, 6, 8, 16 and 32", Assert.Throws<OptionsException>(() => LayerRule.ParseWidths(widths)).Message, StringComparison.Ordinal);

    [Fact]
    public void Rules_that_make_the_budget_impossible_are_refused_with_the_least_size_and_what_it_consists_of()
    {
        var run = new RunSettings { Progress = new Refusing() };
        var options = Options(LayerRule.ParseExclusion("*/mlp/*"), LayerRule.ParsePin("*/attn/proj=2"));
        var error = Assert.Throws<BudgetTooSmallException>(() => Compressor.Compress(VitFashion.Source, VitFashion.Calibration, options, run));
        Assert.Contains("cannot be met", error.Message, StringComparison.Ordinal);
        Assert.Contains("linear layers", error.Message, StringComparison.Ordinal);
        Assert.Matches(@"'exclude \*/mlp/\*' needs 1\.[0-9]{3} MB for 12 of them, where 0\.[0-9]{3} would do", error.Message);
        // The pin to the least width costs nothing that could be saved.
        Assert.DoesNotContain("attn", error.Message, StringComparison.Ordinal);
        // The size that the message promises is enough, but for the digit more with which the file names that budget.
        var enough = options with { Budget = new Budget.Bytes(error.SmallestPossibleInBytes + 1) };
        Assert.Throws<NotSupportedException>(() => Compressor.Compress(VitFashion.Source, VitFashion.Calibration, enough, run));
    }

    [Fact]
    public void Rules_are_part_of_what_a_state_belongs_to()
    {
        var differences = OptionsText.Differences(OptionsText.Of(Options()), OptionsText.Of(Options(LayerRule.ParsePin("head=8"), LayerRule.ParseWidths("*/mlp/*=4,3"))));
        Assert.Equal(["Candidates.Rules was [] and is [pin head=8, bits */mlp/*=3,4] now"], differences);
    }

    [Fact]
    public void Rules_are_restored_from_what_is_written_of_them()
    {
        var lines = OptionsText.Of(Options(LayerRule.ParseExclusion(@"re:a, b|\, |c\\d{2, }"), LayerRule.ParsePin("head=q4g32a"), LayerRule.ParsePin("head=8"), LayerRule.ParseWidths("*,*=4,3")));
        var restored = OptionsText.Restore(Options(LayerRule.ParsePin("elsewhere=2")), lines);
        Assert.Equal(lines, OptionsText.Of(restored));
        Assert.Equal(@"exclude re:a, b|\, |c\\d{2, }", restored.Candidates.Rules[0].ToString());
        Assert.Equal([typeof(LayerRule.Exclusion), typeof(LayerRule.FormPin), typeof(LayerRule.WidthPin), typeof(LayerRule.AllowedWidths)], restored.Candidates.Rules.Select(r => r.GetType()));
    }

    [Fact]
    public void A_uniform_plan_keeps_to_the_rules_and_to_one_format_elsewhere()
    {
        var options = Options(LayerRule.ParsePin("*/attn/proj=8")) with { Allocation = Allocation.Uniform };
        var analysis = Compressor.Analyze(VitFashion.Source, VitFashion.Calibration, options, new RunSettings());
        var formats = Planner.Plan(analysis, options, new RunSettings()).Choices
            .Where(c => c.Layer is LinearLayer)
            .ToLookup(c => c.Layer.Name.EndsWith("/attn/proj", StringComparison.Ordinal), c => ((Candidate.Dense)c.Candidate.Candidate).Format.BitWidth.Bits);
        Assert.Equal([8], formats[true].Distinct());
        Assert.Single(formats[false].Distinct());
    }

    private static CompressionOptions Options(params LayerRule[] rules) => new()
    {
        Budget = new Budget.Bytes(500_000),
        Rounding = RoundingMethod.Nearest,
        SensitivitySamples = 16,
        Gradients = new GradientOptions { Samples = 16 },
        Tuning = new TuningOptions { Method = TuningMethod.None },
        Candidates = VitFashion.Few with { Rules = rules },
    };

    private static CompressionPlan Compress(params LayerRule[] rules) =>
        Compressor.Compress(VitFashion.Source, VitFashion.Calibration, Options(rules), new RunSettings()).Plan;

    private static IEnumerable<int> WidthsOf(Candidate candidate) => candidate switch
    {
        Candidate.Dense dense => [dense.Format.BitWidth.Bits],
        Candidate.MixedRows mixed => [mixed.Low.BitWidth.Bits, mixed.High.BitWidth.Bits],
        Candidate.LowRank pair => [pair.Left.BitWidth.Bits, pair.Right.BitWidth.Bits],
        _ => [32],
    };

    /// <summary>Ends the work as soon as there is some.</summary>
    private sealed class Refusing : IProgress<CompressionEvent>
    {
        public void Report(CompressionEvent value) => throw new NotSupportedException($"{value.Step} has begun.");
    }
}
