using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx;

namespace Mlorq.Planning;

/// <summary>Writes plans as JSON: a line for each figure, a layer's neighbours on one line each.</summary>
internal static class PlanJson
{
    public const string FormatName = "mlorq plan";
    public const int Version = 1;

    // Not for HTML, so names like 'é' and the sign between factors stay readable.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static byte[] Of(CompressionPlan plan, Analysis analysis, CompressionOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = Encoder }))
        {
            json.WriteStartObject();
            WriteHead(json, plan, analysis, options);
            json.WriteStartArray("layers");
            var fronts = analysis.Prices.ToDictionary(p => p.Front.Layer.TensorName);
            foreach (var choice in plan.Choices) WriteLayer(json, plan, choice, fronts[choice.Layer.TensorName]);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteHead(Utf8JsonWriter json, CompressionPlan plan, Analysis analysis, CompressionOptions options)
    {
        json.WriteString("format", FormatName);
        json.WriteNumber("version", Version);
        json.WriteString("tool", typeof(PlanJson).Assembly.GetName().Version!.ToString(3));
        json.WriteString("modelSha256", Convert.ToHexStringLower(OnnxWriter.HashOf(analysis.Source)));
        json.WriteString("planHash", plan.Hash);
        json.WriteString("runtime", RuntimeNames.Of(options.Runtime));
        json.WriteNumber("budgetInBytes", plan.BudgetInBytes);
        json.WriteNumber("sizeInBytes", plan.SizeInBytes);
        json.WriteNumber("originalSizeInBytes", analysis.Source.SizeInBytes);
        json.WriteNumber("sizeOfTheRestInBytes", plan.SizeInBytes - plan.Choices.Sum(c => c.Candidate.SizeInBytes));
        Number(json, "cost", plan.NoiseToSignal);
        Number(json, "signalToNoiseInDecibels", -10 * Math.Log10(plan.NoiseToSignal));
        Number(json, "optimalityGap", plan.OptimalityGap);
    }

    private static void WriteLayer(Utf8JsonWriter json, CompressionPlan plan, Choice choice, PricedFront front)
    {
        var (index, size) = (front.IndexOf(choice.Candidate.Candidate), choice.Candidate.SizeInBytes);
        json.WriteStartObject();
        json.WriteString("name", choice.Layer.Name);
        json.WriteString("kind", KindOf(choice.Layer));
        json.WritePropertyName("shape");
        json.WriteRawValue($"[{string.Join(", ", choice.Layer.Shape)}]");
        json.WriteString("choice", choice.Candidate.Candidate.ToString());
        json.WriteNumber("sizeInBytes", size);
        Number(json, "shareOfSize", (double)size / plan.SizeInBytes);
        Number(json, "cost", choice.NoiseToSignal);
        Number(json, "standardError", choice.StandardError);
        Number(json, "shareOfCost", plan.NoiseToSignal > 0 ? choice.NoiseToSignal / plan.NoiseToSignal : 0);
        WriteNeighbour(json, "nextCheaper", front, index > 0 ? index - 1 : null);
        WriteNeighbour(json, "nextBetter", front, index >= 0 && index + 1 < front.Prices.Count ? index + 1 : null);
        json.WriteEndObject();
    }

    private static void WriteNeighbour(Utf8JsonWriter json, string name, PricedFront front, int? index)
    {
        json.WritePropertyName(name);
        if (index is not { } i) json.WriteNullValue();
        else json.WriteRawValue($$"""{ "choice": {{Quoted(front.Front.Candidates[i].Candidate.ToString()!)}}, "sizeInBytes": {{front.Front.Candidates[i].SizeInBytes}}, "cost": {{Digits(front.Prices[i].NoiseToSignal)}} }""");
    }

    private static string KindOf(Layer layer) => layer switch
    {
        LinearLayer => "linear",
        TableLayer => "table",
        ConvolutionLayer => "convolution",
        BodyLayer => "body",
        _ => "constant",
    };

    private static string Quoted(string text) => Encoding.UTF8.GetString([(byte)'"', .. JsonEncodedText.Encode(text, Encoder).EncodedUtf8Bytes, (byte)'"']);

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Digits(value));
    }

    // Prices are no surer than that. JSON has no infinity and no "not a number".
    private static string Digits(double value) => double.IsFinite(value) ? value.ToString("G6", CultureInfo.InvariantCulture) : "null";
}
