using System.Globalization;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

/// <summary>Whole-number attributes as test data: "strides 2 2;group 3"; a list but for the names that ONNX has as single numbers.</summary>
internal static class Attributes
{
    private static readonly string[] Single = ["group", "ceil_mode", "count_include_pad", "storage_order", "antialias"];

    public static NodeAttribute[] Of(string text) => [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(One)];

    private static NodeAttribute One(string text)
    {
        var words = text.Split(' ');
        var values = words.Skip(1).Select(v => long.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        return Single.Contains(words[0]) ? NodeAttribute.Int(words[0], values[0]) : NodeAttribute.Ints(words[0], values);
    }
}
