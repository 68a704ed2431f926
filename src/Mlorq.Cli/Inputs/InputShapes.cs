using Mlorq.Cli.Display;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>The shapes of a model's inputs: its own, with the batch where the first dimension is open, and what was given where others are.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Inputs">What it declares.</param>
/// <param name="Given">The shapes that were given, for inputs of other models too.</param>
internal sealed record InputShapes(string Path, IReadOnlyList<ValueInfo> Inputs, IReadOnlyList<GivenShape> Given)
{
    private const long Colours = 3;

    /// <summary>The batch that the model takes, whatever is asked for; null where an input follows what is asked for.</summary>
    public long? FixedBatch
    {
        get
        {
            if (Inputs.Any(i => Find(i) is { } given ? given.HasBatch : i.Shape is [null, ..])) return null;
            var first = Inputs.Select(i => Find(i)?.Dimensions ?? i.Shape ?? []).FirstOrDefault(s => s.Count > 0);
            // Detectors take one picture as [3, height, width].
            return first is null or [Colours, _, _] ? 1 : Math.Max(1, first[0] ?? 1);
        }
    }

    /// <summary>The shapes at a batch, in the order of the inputs.</summary>
    /// <exception cref="UsageException">A dimension is missing, a shape that was given does not fit, or the model takes another batch.</exception>
    public IReadOnlyList<IReadOnlyList<long>> At(long batch)
    {
        var open = Inputs.Where(i => Find(i) is null && (i.Shape is null || i.Shape.Skip(1).Any(d => d is null))).ToList();
        if (open.Count > 0)
        {
            throw new UsageException(
                $"'{Path}' leaves more open than the batch: {string.Join("; ", open)}. Give these shapes, with N for the batch and a number for each ?: "
                + string.Join(' ', open.Select(i => $"--shape {i.Name}={Form(i)}")));
        }

        var shapes = Inputs.Select(i => Shape(i, batch)).ToList();
        return FixedBatch is { } own && own != batch ? throw new UsageException(OtherBatch(shapes, own, batch)) : shapes;
    }

    // What to write for an input: N for the batch, its own numbers, and ? for what only the user knows.
    private static string Form(ValueInfo input) =>
        input.Shape is null ? "Nx?" : string.Join('x', input.Shape.Select((d, i) => d?.ToString() ?? (i == 0 ? "N" : "?")));

    private GivenShape? Find(ValueInfo input) => Given.FirstOrDefault(g => g.Name == input.Name);

    private IReadOnlyList<long> Shape(ValueInfo input, long batch)
    {
        if (Find(input) is not { } given) return [.. input.Shape!.Select(d => d ?? batch)];
        if (given.Fits(input, batch)) return given.At(batch);
        throw new UsageException(
            $"--shape {given} makes the input {Format.Shape(given.At(batch))}, but '{Path}' declares {input}. Give as many dimensions, and its own numbers where it has any.");
    }

    private string OtherBatch(IReadOnlyList<IReadOnlyList<long>> shapes, long own, long batch)
    {
        var open = Given.Where(g => Inputs.Any(i => i.Name == g.Name && i.Shape is null or [null, ..])).Select(g => g with { Dimensions = [null, .. g.Dimensions.Skip(1)] }).ToList();
        var mend = open.Count == 0 ? "" : $", or write N for the batch: --shape {string.Join(" --shape ", open)}";
        var inputs = Inputs.Zip(shapes, (i, shape) => $"{i.Name} {Format.Shape(shape)}");
        return $"'{Path}' takes a batch of {own} ({string.Join("; ", inputs)}), not {batch}. Use --batch {own}{mend}.";
    }
}
