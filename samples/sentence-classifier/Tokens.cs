using Microsoft.ML.Tokenizers;
using Mlorq;
using Mlorq.Onnx.Graphs;

namespace SentenceClassifier;

/// <summary>Texts as the inputs of the encoder.</summary>
internal sealed class Tokens
{
    private const int Longest = 128;
    private const int BatchSize = 8;

    private readonly BertTokenizer _tokenizer;

    public Tokens(byte[] vocabulary) => _tokenizer = BertTokenizer.Create(new MemoryStream(vocabulary));

    /// <summary>The inputs for texts of equally many tokens: ids, a mask of ones since nothing is filled up, and one type.</summary>
    public static Dictionary<string, Tensor> Inputs(IReadOnlyList<IReadOnlyList<long>> texts)
    {
        long[] shape = [texts.Count, texts[0].Count];
        var length = texts.Count * texts[0].Count;
        return new()
        {
            ["input_ids"] = Tensor.Of(texts.SelectMany(ids => ids).ToArray().AsSpan(), shape),
            ["attention_mask"] = Tensor.Of(Enumerable.Repeat(1L, length).ToArray().AsSpan(), shape),
            ["token_type_ids"] = Tensor.Of(new long[length].AsSpan(), shape),
        };
    }

    /// <summary>The ids of a text, of a long one its beginning.</summary>
    public IReadOnlyList<long> IdsOf(string text) => [.. _tokenizer.EncodeToIds(text).Take(Longest).Select(id => (long)id)];

    /// <summary>Some of the texts, those of one length together, in an order that has all lengths everywhere: the last batches judge what the others taught.</summary>
    public CalibrationSet CalibrationOf(IReadOnlyList<string> texts, int samples)
    {
        var random = new Random(1);
        var chosen = texts.OrderBy(_ => random.Next()).Take(samples).Select(IdsOf);
        return new CalibrationSet([.. chosen.GroupBy(ids => ids.Count).SelectMany(group => group.Chunk(BatchSize)).Select(Inputs).OrderBy(_ => random.Next())]);
    }
}
