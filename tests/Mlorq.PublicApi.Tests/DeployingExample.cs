using Microsoft.ML.OnnxRuntime;

namespace MyApp;

/// <summary>A classifier of pictures of 28 × 28 grey pixels, already prepared: (pixel / 255 − mean) / std.</summary>
internal sealed class Classifier(string path) : IDisposable
{
    private readonly InferenceSession _session = new(path);
    private readonly RunOptions _options = new();

    public int Classify(float[] pixels)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 1, 28, 28]);
        using var outputs = _session.Run(_options, ["input"], [input], ["logits"]);
        var logits = outputs[0].GetTensorDataAsSpan<float>();
        var best = 0;
        for (var i = 1; i < logits.Length; i++) best = logits[i] > logits[best] ? i : best;
        return best;
    }

    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }
}
