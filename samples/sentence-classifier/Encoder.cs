using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace SentenceClassifier;

/// <summary>A sentence encoder in ONNX Runtime.</summary>
internal sealed class Encoder(byte[] model, Tokens tokens) : IDisposable
{
    private readonly ModelRunner _runner = ModelRunner.Load(model);

    /// <summary>The cosine of two vectors.</summary>
    public static float Cosine(float[] a, float[] b) => TensorPrimitives.CosineSimilarity(a, b);

    /// <summary>The mean of the token vectors, as the model is meant to be used.</summary>
    public float[] Embed(string text)
    {
        var states = _runner.Run(Tokens.Inputs([tokens.IdsOf(text)]), ["last_hidden_state"])[0];
        return MeanOfTokens(states);
    }

    public void Dispose() => _runner.Dispose();

    private static float[] MeanOfTokens(Tensor states)
    {
        var width = (int)states.Shape[^1];
        var mean = new float[width];
        for (var t = 0; t < states.Count; t += width) TensorPrimitives.Add(mean, states.Floats.Slice(t, width), mean);
        TensorPrimitives.Divide(mean, states.Count / width, mean);
        return mean;
    }
}
