using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Tests.Planning;

public sealed class PlanFileTests : IDisposable
{
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny, 40, 4);
    private static readonly RunSettings Run = new() { Threads = 2 };
    private static readonly CompressionOptions Options = TinyModels.Bytes(9_000) with { Adaptive = new AdaptiveOptions { Iterations = 10 }, Tuning = new TuningOptions { Steps = 4 } };
    private static readonly Lazy<Analysis> LazyAnalysis = new(() => Compressor.Analyze(Tiny, Inputs, Options, Run));

    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.File("plan.json");

    [Fact]
    public void What_is_written_is_read_and_carried_out_with_an_analysis_or_without()
    {
        var plan = Compressor.PlanByPrices(LazyAnalysis.Value, Options, Run);
        PlanFile.Write(plan, LazyAnalysis.Value, Options, FilePath);
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(_folder.Path));

        var file = PlanFile.Read(FilePath);
        var read = file.PlanFor(LazyAnalysis.Value, file.OptionsFor(Options));
        Assert.Equal((plan.Hash, plan.SizeInBytes, plan.BudgetInBytes, plan.NoiseToSignal, plan.OptimalityGap), (read.Hash, read.SizeInBytes, read.BudgetInBytes, read.NoiseToSignal, read.OptimalityGap));

        var expected = Compressor.Compress(LazyAnalysis.Value, plan, Inputs, Options, Run);
        var result = Compressor.Compress(Tiny, file, Inputs, Options with { Budget = new Budget.Ratio(2) }, Run);
        Assert.Equal(OnnxWriter.ToBytes(expected.Model), OnnxWriter.ToBytes(result.Model));
        // Of what is in the file costs are known to six digits.
        Assert.Equal(plan.NoiseToSignal, result.Plan.NoiseToSignal, plan.NoiseToSignal * 1e-5);
    }

    [Fact]
    public void The_figures_of_the_file_are_those_of_the_plan()
    {
        var plan = Compressor.PlanByPrices(LazyAnalysis.Value, Options, Run);
        var json = JsonNode.Parse(PlanFile.ToJson(plan, LazyAnalysis.Value, Options))!;
        Assert.Equal(plan.SizeInBytes, (long)json["sizeInBytes"]!);
        Assert.Equal(plan.SizeInBytes, json["layers"]!.AsArray().Sum(l => (long)l!["sizeInBytes"]!) + (long)json["sizeOfTheRestInBytes"]!);
        Assert.Equal(1, json["layers"]!.AsArray().Sum(l => (double)l!["shareOfCost"]!), 4);
        foreach (var layer in json["layers"]!.AsArray())
        {
            var front = LazyAnalysis.Value.Prices.Single(p => p.Front.Layer.Name == (string)layer!["name"]!);
            Assert.Equal(front.Front.Layer.Shape, layer!["shape"]!.AsArray().Select(s => (long)s!));
            var chosen = (Bytes: (long)layer["sizeInBytes"]!, Cost: (double)layer["cost"]!);
            if (layer["nextCheaper"] is { } cheaper) Assert.True((long)cheaper["sizeInBytes"]! < chosen.Bytes && (double)cheaper["cost"]! > chosen.Cost);
            if (layer["nextBetter"] is { } better) Assert.True((long)better["sizeInBytes"]! > chosen.Bytes && (double)better["cost"]! < chosen.Cost);
            Assert.Equal(front.Front.Candidates[^1].Candidate.ToString() == (string)layer["choice"]!, layer["nextBetter"] is null);
        }
    }

    // What ONNX Runtime makes of each form is compared with Mlorq's own arithmetic when the file is written.
    [Theory]
    [InlineData("q2")]
    [InlineData("q2g16a")]
    [InlineData("q3g32")]
    [InlineData("q4a")]
    [InlineData("q6g16a")]
    [InlineData("q8g32")]
    [InlineData("fp16")]
    [InlineData("fp32")]
    [InlineData("r16 q4g16·q4")]
    [InlineData("r20 q3·q8g16")]
    [InlineData("r48 q8g32*q2g32")]
    [InlineData("q2g16, 5 rows q4g16")]
    [InlineData("q3, 40 rows q4")]
    public void Any_form_that_a_layer_can_have_may_be_written_into_it_by_hand(string choice)
    {
        Edit(json =>
        {
            json["budgetInBytes"] = 60_000;
            foreach (var layer in json["layers"]!.AsArray().Where(l => (string)l!["kind"]! == "linear")) layer!["choice"] = choice;
        });
        var file = PlanFile.Read(FilePath);
        foreach (var runtime in choice.StartsWith('q') ? Enum.GetValues<RuntimeProfile>() : [RuntimeProfile.Memory])
        {
            Edit(json => json["runtime"] = runtime == RuntimeProfile.Speed ? "speed" : "memory", keep: true);
            file = PlanFile.Read(FilePath);
            var result = Compressor.Compress(Tiny, file, Inputs, Options, Run);
            Assert.Equal(2, result.Plan.Choices.Count(c => c.Layer is LinearLayer && c.Candidate.Candidate == CandidateText.Parse(choice)));
            CompressedFile.Write(result, _folder.File("out.onnx"), Inputs, Run);
            Assert.Equal(result.Plan.SizeInBytes, new FileInfo(_folder.File("out.onnx")).Length);
            Assert.Equal(runtime, result.Runtime);
        }
    }

    [Fact]
    public void An_edited_choice_has_the_price_of_the_analysis_or_of_the_file_or_none()
    {
        var written = Edit(json =>
        {
            json["budgetInBytes"] = 20_000;
            json["layers"]![0]!["choice"] = (string)json["layers"]![0]!["nextBetter"]!["choice"]!;
        });
        var file = PlanFile.Read(FilePath);
        var index = LazyAnalysis.Value.Prices[0].IndexOf(CandidateText.Parse((string)written["layers"]![0]!["choice"]!)!);
        var plan = file.PlanFor(LazyAnalysis.Value, file.OptionsFor(Options));
        Assert.Equal(LazyAnalysis.Value.Prices[0].Prices[index].NoiseToSignal, plan.Choices[0].NoiseToSignal);
        Assert.True(double.IsNaN(plan.OptimalityGap));
        var alone = Compressor.Compress(Tiny, file, Inputs, Options, Run).Plan;
        Assert.Equal(plan.Choices[0].NoiseToSignal, alone.Choices[0].NoiseToSignal, plan.Choices[0].NoiseToSignal * 1e-5);

        Edit(json =>
        {
            json["budgetInBytes"] = 60_000;
            json["layers"]![0]!["choice"] = "q6g16a";
        });
        Assert.True(double.IsNaN(Compressor.Compress(Tiny, PlanFile.Read(FilePath), Inputs, Options, Run).Plan.NoiseToSignal));
    }

    public static TheoryData<string, string, string[]> Violations => new()
    {
        { "budget", "4000", ["over its budget", "more than budgetInBytes, 4000", "raise budgetInBytes"] },
        { "name", "w11", ["the model has no layer 'w11'", "has no choice"] },
        { "choice", "q5", ["'q5': that is no way to store a layer, such as q4, q4g64"] },
        { "choice", "rows8", ["rows8 is for tables, embeddings and kernels"] },
        { "twice", "", ["has two choices"] },
        { "hash", "00", ["is for another model", "names the SHA-256 00"] },
        { "runtime", "fast", ["runtime is 'fast'; it must be memory or speed"] },
        { "version", "9", ["is of version 9", "reads version 1"] },
        { "key", "chioce", ["has an entry 'chioce', which is not known; did you mean 'choice'?"] },
        { "text", "{ \"format\": \"mlorq plan\",,", ["is no JSON", "line 1"] },
        { "text", "[1, 2]", ["is no plan of Mlorq"] },
        { "text", "{\"format\": \"mlorq plan\", \"version\": 1, \"layers\": 3}", ["budgetInBytes is missing"] },
        { "text", "", ["is no JSON"] },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void What_does_not_fit_is_explained(string what, string value, string[] words)
    {
        Edit(json =>
        {
            var layer = json["layers"]!.AsArray().First(l => (string)l!["kind"]! == "linear")!;
            switch (what)
            {
                case "budget": json["budgetInBytes"] = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture); break;
                case "name": layer["name"] = value; break;
                case "choice": layer["choice"] = value; break;
                case "twice": json["layers"]!.AsArray().Add(layer.DeepClone()); break;
                case "hash": json["modelSha256"] = value; break;
                case "runtime": json["runtime"] = value; break;
                case "version": json["version"] = 9; break;
                case "key": layer[value] = "q4"; break;
            }
        });
        if (what == "text") File.WriteAllText(FilePath, value);
        var error = Assert.Throws<PlanException>(() => Compressor.Compress(Tiny, PlanFile.Read(FilePath), Inputs, Options, Run));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_knows_what_is_written_and_nothing_else()
    {
        var schema = JsonNode.Parse(File.ReadAllText(TestFiles.Repository("docs/schemas/plan.schema.json")))!;
        var json = JsonNode.Parse(PlanFile.ToJson(Compressor.PlanByPrices(LazyAnalysis.Value, Options, Run), LazyAnalysis.Value, Options))!;
        Same(json, schema["properties"]!, "$schema", "comment");
        Same(json["layers"]![0]!, schema["$defs"]!["layer"]!["properties"]!, "comment");
        Same(json["layers"]!.AsArray().Select(l => l!["nextBetter"]).First(n => n is not null)!, schema["$defs"]!["neighbour"]!["properties"]!);
        var pattern = new Regex((string)schema["$defs"]!["choice"]!["pattern"]!, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        Assert.All(LazyAnalysis.Value.Prices.SelectMany(p => p.Front.All), c => Assert.Matches(pattern, c.Candidate.ToString()));
        foreach (var text in new[] { "q5", "int4", "q4g63", "r64" }) Assert.DoesNotMatch(pattern, text);

        static void Same(JsonNode written, JsonNode known, params string[] byHand) =>
            Assert.Equal(written.AsObject().Select(p => p.Key).Concat(byHand).Order(StringComparer.Ordinal), known.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Several_violations_are_in_one_message()
    {
        Edit(json =>
        {
            json["layers"]![0]!["choice"] = "int4";
            json["layers"]![1]!["name"] = "elsewhere";
        });
        var error = Assert.Throws<PlanException>(() => PlanFile.Read(FilePath).PlanFor(LazyAnalysis.Value, Options));
        foreach (var word in new[] { "int4", "'elsewhere'", "has no choice" }) Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_choice_that_a_rule_forbids_is_refused_and_neighbours_keep_to_the_rules()
    {
        var ruled = Options with { Budget = new Budget.Bytes(20_000), Candidates = new CandidateOptions { Rules = [LayerRule.ParseWidths("w1=4,16")] } };
        var plan = Compressor.PlanByPrices(LazyAnalysis.Value, ruled, Run);
        var json = JsonNode.Parse(PlanFile.ToJson(plan, LazyAnalysis.Value, ruled))!;
        var layer = json["layers"]!.AsArray().First(l => (string)l!["kind"]! == "linear")!;
        string?[] written = [(string)layer["choice"]!, (string?)layer["nextCheaper"]?["choice"], (string?)layer["nextBetter"]?["choice"]];
        Assert.All(written.OfType<string>(), text => Assert.True(ruled.Candidates.Rules[0].Allows(CandidateText.Parse(text)!), text));

        layer["choice"] = "q3";
        File.WriteAllText(FilePath, json.ToJsonString());
        var error = Assert.Throws<PlanException>(() => PlanFile.Read(FilePath).PlanFor(LazyAnalysis.Value, ruled));
        Assert.Contains($"'{layer["name"]}' cannot be 'q3': the rule 'bits w1=4,16' forbids it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_and_a_comma_too_many_do_no_harm()
    {
        var text = PlanFile.ToJson(Compressor.PlanByPrices(LazyAnalysis.Value, Options, Run), LazyAnalysis.Value, Options);
        File.WriteAllText(FilePath, "\uFEFF// mine\n" + text.Replace("\n  ]\n}", ",\n  ],\n}", StringComparison.Ordinal));
        PlanFile.Read(FilePath).PlanFor(LazyAnalysis.Value, Options);
    }

    public void Dispose() => _folder.Dispose();

    private JsonNode Edit(Action<JsonNode> edit, bool keep = false)
    {
        var text = keep ? File.ReadAllText(FilePath) : PlanFile.ToJson(Compressor.PlanByPrices(LazyAnalysis.Value, Options, Run), LazyAnalysis.Value, Options);
        var json = JsonNode.Parse(text)!;
        edit(json);
        File.WriteAllText(FilePath, json.ToJsonString());
        return json;
    }
}
