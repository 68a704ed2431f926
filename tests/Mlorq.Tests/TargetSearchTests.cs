namespace Mlorq.Tests;

public class TargetSearchTests
{
    private const double Precision = 0.02;

    // Quality that rises with the logarithm of the size, smoothly, in steps, or all at once.
    public static TheoryData<string> Curves => ["line", "steps", "cliff", "saturated"];

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_smallest_size_is_found_to_the_precision_in_few_trials(string curve)
    {
        foreach (var least in new[] { 0.02, 0.3, 0.5, 0.77, 0.99 })
        {
            var tried = new List<long>();
            TargetSearch.Bisect(400_000, 23_000_000, least, Precision, budget =>
            {
                tried.Add(budget);
                return Quality(curve, budget);
            });

            var met = tried.Where(b => Quality(curve, b) >= least).ToList();
            Assert.NotEmpty(met);
            var smallest = Enumerable.Range(0, 400_000).Select(i => 400_000 + (i * 56.5)).First(b => Quality(curve, b) >= least);
            Assert.InRange(met.Min(), smallest - 57, Math.Max(smallest * (1 + Precision), smallest + 1) + 57);
            Assert.True(tried.Count <= 16, $"{curve}, {least}: {tried.Count} trials");
            Assert.All(tried, b => Assert.InRange(b, 400_000, 23_000_000));
            // Each trial that will do is smaller than those before, so that the last one is the result.
            Assert.Equal(met.OrderDescending(), met);
        }
    }

    [Fact]
    public void Where_every_size_will_do_the_smallest_is_tried() => Assert.Equal(400_000, Tried(_ => 1)[^1]);

    [Fact]
    public void Where_none_will_do_the_largest_is_tried() => Assert.Equal(23_000_000, Tried(_ => 0)[^1]);

    // Accuracy on few pictures goes up and down.
    [Fact]
    public void Noise_does_not_keep_it_from_ending()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var tried = Tried(b => Quality("line", b) + (0.3 * (random.NextDouble() - 0.5)));
            Assert.InRange(tried.Count, 1, 40);
        }
    }

    [Fact]
    public void The_smallest_model_that_meets_a_ratio_is_compressed_and_measured()
    {
        var calibration = VitFashion.Calibration.Take(16);
        var options = new CompressionOptions { Budget = new Budget.Bytes(long.MaxValue), SensitivitySamples = 8 }.With(Effort.Fast);
        options = options with { Candidates = VitFashion.Few, Gradients = options.Gradients with { Samples = 8 }, Tuning = options.Tuning with { Method = TuningMethod.None } };
        var run = new RunSettings { Threads = 2 };
        var analysis = Compressor.Analyze(VitFashion.Source, calibration, options, run);
        var target = new QualityTarget("signal-to-noise in dB", 25, r => r.Change.SignalToNoiseInDecibels);

        var found = TargetSearch.Smallest(analysis, target, calibration, options, run, precision: 0.25);

        Assert.True(found.Result.Change.SignalToNoiseInDecibels >= 25);
        var last = found.Trials.Last(t => t.IsMet);
        Assert.Equal(found.Result.Plan.SizeInBytes, last.SizeInBytes);
        Assert.Equal(found.Result.Change.SignalToNoiseInDecibels, last.Value);
        Assert.Equal(last.SizeInBytes, found.Trials.Where(t => t.IsMet).Min(t => t.SizeInBytes));
        Assert.Contains(found.Trials, t => !t.IsMet && t.BudgetInBytes * 1.25 >= last.BudgetInBytes);
        var impossible = Assert.Throws<TargetNotMetException>(() => TargetSearch.Smallest(analysis, target with { Least = 500, Measure = _ => 3 }, calibration, options, run, precision: 0.25));
        Assert.Contains("has to be 500 or more", impossible.Message, StringComparison.Ordinal);
    }

    private static List<long> Tried(Func<long, double> quality)
    {
        var tried = new List<long>();
        TargetSearch.Bisect(400_000, 23_000_000, 0.5, Precision, budget =>
        {
            tried.Add(budget);
            return quality(budget);
        });
        return tried;
    }

    private static double Quality(string curve, double budget)
    {
        var x = Math.Log(budget / 400_000) / Math.Log(23_000_000 / 400_000.0);
        return curve switch
        {
            "line" => x,
            "steps" => Math.Floor(x * 7.3) / 7,
            "cliff" => x < 0.41 ? 0 : 1,
            _ => 1 - Math.Exp(-12 * x),
        };
    }
}
