using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>The shapes of a model's inputs: its own, with the batch where the first dimension is open, and what was given where others are.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Inputs">What it declares.</param>
/// <param name="Given">The shapes that were given, for inputs of other models too.</param>
internal sealed record InputShapes(string Path, IReadOnlyList<ValueInfo> Inputs, IReadOnlyList<GivenShape> Given)
{
    /// <summary>The batch that the model takes, whatever is asked for; null where an input follows what is asked for.</summary>
    public long? FixedBatch
    {
        get
        {
            if (Inputs.Any(i => Find(i) is { } given ? given.HasBatch : i.Shape is [null, ..])) return null;
            var first = Inputs.Select(i => Find(i) is { } given ? given.Dimensions : i.Shape ?? []).FirstOrDefault(s => s.Count > 0);
            return Math.Max(1, first?[0] ?? 1);
        }
    }

    /// <summary>The shapes at a batch, in the order of the inputs.</summary>
    /// <exception cref="UsageException">A dimension is missing, a shape that was given does not fit, or the model takes another batch.</exception>
    public IReadOnlyList<IReadOnlyList<long>> At(long batch)
    {
        var shapes = Inputs.Select(i => Shape(i, batch)).ToList();
        if (FixedBatch is { } own && own != batch) throw new UsageException(OtherBatch(own, batch));
        return shapes;
    }

    private GivenShape? Find(ValueInfo input) => Given.FirstOrDefault(g => g.Name == input.Name);

    private IReadOnlyList<long> Shape(ValueInfo input, long batch)
    {
        if (Find(input) is { } given)
        {
            if (given.Fits(input, batch)) return given.At(batch);
            throw new UsageException($"--shape {given} makes the input {Display.Format.Shape(given.At(batch))}, but '{Path}' declares {input}. Give as many dimensions, and its own numbers where it has any.");
        }

        if (input.Shape is null) throw new UsageException($"'{Path}' does not declare the dimensions of its input {input}. Give them, with N for the batch: --shape {input.Name}=Nx… with numbers after it.");
        var open = Enumerable.Range(1, Math.Max(0, input.Shape.Count - 1)).Where(d => input.Shape[d] is null).ToList();
        if (open.Count == 0) return [.. input.Shape.Select(d => d ?? batch)];
        var form = string.Join('x', input.Shape.Select((d, i) => d?.ToString() ?? (i == 0 ? "N" : "?")));
        throw new UsageException(
            $"The input {input} of '{Path}' is open in dimension {string.Join(" and ", open.Select(d => d + 1))}, not only in the batch. "
            + $"Give its shape, with a number for each ?: --shape {input.Name}={form}");
    }

    private string OtherBatch(long own, long batch)
    {
        var open = Given.FirstOrDefault(g => Inputs.Any(i => i.Name == g.Name && i.Shape is null or [null, ..]));
        var mend = open is null ? "" : $", or write N for the batch: --shape {open.Name}={string.Join('x', open.Dimensions.Skip(1).Select(d => $"{d}").Prepend("N"))}";
        var shapes = string.Join("; ", Inputs.Select(i => new GeneratedInput(i.Name, i.Type, Shape(i, batch))));
        return $"'{Path}' takes a batch of {own} ({shapes}), not {batch}. Use --batch {own}{mend}.";
    }
}
