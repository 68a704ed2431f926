using System.Globalization;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Shapes as test data: "2 3 4"; an empty text is a scalar.</summary>
internal static class Shapes
{
    public static long?[] Of(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(d => (long?)long.Parse(d, CultureInfo.InvariantCulture))];
}
