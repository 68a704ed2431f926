using System.Globalization;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>A value of <c>--shape</c>: the shape of an input, such as <c>ids=Nx128</c>.</summary>
/// <param name="Name">The input's name.</param>
/// <param name="Dimensions">Its dimensions, null for the batch.</param>
internal sealed record GivenShape(string Name, IReadOnlyList<long?> Dimensions)
{
    /// <summary>Whether the batch is one of the dimensions.</summary>
    public bool HasBatch => Dimensions.Any(d => d is null);

    /// <summary>Reads NAME=DIMENSIONS.</summary>
    /// <exception cref="UsageException">It is something else.</exception>
    public static GivenShape Parse(string text)
    {
        // Names may hold any sign, dimensions hold no '='.
        var sign = text.LastIndexOf('=');
        var dimensions = sign < 1 ? [] : text[(sign + 1)..].Split('x').Select(Dimension).ToList();
        if (dimensions.Count == 0 || dimensions.Exists(d => d is < 0))
            throw new UsageException($"--shape is '{text}'; it must be NAME=DIMENSIONS with an x between numbers and N for the batch, such as ids=Nx128.");
        return new GivenShape(text[..sign], dimensions);
    }

    /// <summary>The dimensions with a batch in the place of N.</summary>
    public IReadOnlyList<long> At(long batch) => [.. Dimensions.Select(d => d ?? batch)];

    /// <summary>Whether an input that is declared so takes this shape.</summary>
    public bool Fits(ValueInfo input, long batch) =>
        input.Shape is not { } own || (own.Count == Dimensions.Count && own.Zip(At(batch), (fixedSize, given) => fixedSize is null || fixedSize == given).All(fits => fits));

    public override string ToString() => $"{Name}={string.Join('x', Dimensions.Select(d => d?.ToString(CultureInfo.InvariantCulture) ?? "N"))}";

    private static long? Dimension(string text)
    {
        if (text == "N") return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}
