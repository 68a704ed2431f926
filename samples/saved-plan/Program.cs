using System.Globalization;
using System.Text.Json.Nodes;
using Mlorq;
using Mlorq.Onnx;
using Mlorq.Vision;

// Analyses a model once, makes a plan for a size from the file of the analysis, edits the plan as one would by hand, and carries it out.
const string Layer = "blocks/blocks.5/mlp/fc2";

var folder = args.Length > 0 ? args[0] : Path.Combine("samples", "vit-fashion");
var target = args.Length > 1 ? args[1] : ".";
var (analysisPath, planPath, outputPath) = (Path.Combine(target, "model.analysis"), Path.Combine(target, "plan.json"), Path.Combine(target, "planned.onnx"));

var run = new RunSettings();
var model = OnnxReader.Read(Path.Combine(folder, "model.onnx"));
var preprocessing = Preprocessing.Load(Path.Combine(folder, "preprocessing.json"));
var pictures = new PictureSource(ImageFolder.Read(Path.Combine(folder, "calibration")), preprocessing);
var calibration = CalibrationPictures.Read(pictures, PictureInput.Of(model), run.Threads).Take(64);

// The long part; the budget does not count yet. Little effort, so that it takes seconds.
var options = new CompressionOptions { Budget = Budget.Parse("10x"), Metadata = PreprocessingMetadata.Of(preprocessing) }.With(Effort.Fast);
AnalysisFile.Write(Compressor.Analyze(model, calibration, options, run), calibration, options, analysisPath, run);

// From here on the file is enough, in another process or on another day. Plans take moments.
var file = AnalysisFile.Open(analysisPath);
options = file.OptionsFor(options);
var forPlans = file.ForPlans();
PlanFile.Write(Compressor.PlanByPrices(forPlans, options, run), forPlans, options, planPath);
Print("planned", PlanFile.Read(planPath).PlanFor(forPlans, options));

// An editor's work: one layer in 4 bits, and a budget that has room for it.
var json = JsonNode.Parse(File.ReadAllText(planPath))!;
json["layers"]!.AsArray().Single(layer => (string?)layer!["name"] == Layer)!["choice"] = "q4";
json["budgetInBytes"] = (long)json["budgetInBytes"]! + 12_000;
File.WriteAllText(planPath, json.ToJsonString());

// Sizes and costs are worked out again; what does not fit is refused, all of it in one message.
var edited = PlanFile.Read(planPath);
options = edited.OptionsFor(options);
var analysis = file.ForCompression(model, calibration, options, run);
var plan = edited.PlanFor(analysis, options);
Print("edited", plan);
CompressedFile.Write(Compressor.Compress(analysis, plan, calibration, options, run), outputPath, calibration, run);
Print("written", plan);

static void Print(string what, CompressionPlan plan) => Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{what}: {plan.SizeInBytes} of {plan.BudgetInBytes} bytes, {-10 * Math.Log10(plan.NoiseToSignal):F1} dB expected, {Layer} {plan.Choices.Single(c => c.Layer.Name == Layer).Candidate.Candidate}"));
