using System.CommandLine;
using System.Globalization;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>What models are fed while they are measured: batches, the shapes that they leave open, and ids.</summary>
internal sealed class BenchInputs
{
    private readonly Option<int[]> _batch = new("--batch")
    {
        HelpName = "N[,N]",
        Description = "Inputs at once, the first dimension where it is open; several numbers are measured one after the other. Default: 1, or the batch that the models fix.",
    };

    private readonly Option<string[]> _shape = new("--shape")
    {
        HelpName = "NAME=DIMENSIONS",
        Description = "The shape of an input with other open dimensions, N for the batch, such as ids=Nx128; once for each.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _ids = new("--ids")
    {
        HelpName = "NAME=N",
        Description = "Feeds an integer input with random ids from 0 to below N; once for each. Without it integers are 1 and truth values true; floats are standard normal.",
        Arity = ArgumentArity.OneOrMore,
    };

    public BenchInputs() => _batch.CustomParser = argument =>
    {
        var numbers = argument.Tokens.SelectMany(t => t.Value.Split(',')).ToList();
        if (numbers.TrueForAll(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0))
            return [.. numbers.Select(n => int.Parse(n, CultureInfo.InvariantCulture)).Distinct()];
        argument.AddError($"--batch must be whole numbers from 1 on with commas between them, such as 1,8, not '{string.Join(' ', argument.Tokens.Select(t => t.Value))}'.");
        return null;
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _batch, _shape, _ids }) command.Add(option);
    }

    /// <summary>For each batch, in the order given, the inputs of each model.</summary>
    /// <exception cref="UsageException">Options and models do not fit together.</exception>
    /// <exception cref="InvalidModelException">A model has an input that cannot be generated.</exception>
    public IReadOnlyList<(int Batch, IReadOnlyList<IReadOnlyList<GeneratedInput>> Models)> For(ParseResult parsed, IReadOnlyList<BenchmarkSubject> models)
    {
        var given = (parsed.GetValue(_shape) ?? []).Select(GivenShape.Parse).ToList();
        var ids = (parsed.GetValue(_ids) ?? []).Select(ParseIds).ToList();
        var names = models.SelectMany(m => m.Inputs).ToList();
        EnsureKnown("--shape", given.ConvertAll(g => g.Name), names);
        EnsureKnown("--ids", ids.ConvertAll(i => i.Name), names);
        foreach (var model in models) EnsureCanBeGenerated(model, ids);

        var shapes = models.Select(m => new InputShapes(m.Path, m.Inputs, given)).ToList();
        var batches = parsed.GetValue(_batch) is { Length: > 0 } chosen ? chosen : [Default(shapes)];
        var byName = ids.ToDictionary(i => i.Name, i => (int?)i.Count);
        return [.. batches.Select(batch => (batch, (IReadOnlyList<IReadOnlyList<GeneratedInput>>)[.. shapes.Select(s => Generated(s, batch, byName))]))];
    }

    private static int Default(IReadOnlyList<InputShapes> models)
    {
        var own = models.Where(m => m.FixedBatch is not null).ToList();
        if (own.Select(m => m.FixedBatch).Distinct().Count() <= 1) return checked((int)(own.FirstOrDefault()?.FixedBatch ?? 1));
        throw new UsageException($"The models take different batches: {string.Join(", ", own.Select(m => $"{m.FixedBatch} for '{m.Path}'"))}. Measure them one at a time.");
    }

    private static List<GeneratedInput> Generated(InputShapes model, int batch, Dictionary<string, int?> ids)
    {
        var inputs = model.Inputs.Zip(model.At(batch), (i, shape) => new GeneratedInput(i.Name, i.Type, shape, ids.GetValueOrDefault(i.Name))).ToList();
        foreach (var input in inputs)
        {
            var bytes = input.Shape.Aggregate((double)input.Type.SizeInBytes(), (product, d) => product * d);
            if (bytes > Array.MaxLength) throw new UsageException($"The input {input} of '{model.Path}' would have {bytes:F0} bytes, and {Array.MaxLength} is the most. Use a smaller --batch or --shape.");
        }

        return inputs;
    }

    /// <summary>Refuses names that no model has as an input, or that are given twice.</summary>
    internal static void EnsureKnown(string option, IReadOnlyList<string> given, IReadOnlyList<ValueInfo> inputs)
    {
        if (given.FirstOrDefault(g => inputs.All(i => i.Name != g)) is { } unknown)
            throw new UsageException($"{option} names the input '{unknown}', which no model has. Its inputs are: {string.Join("; ", inputs.Distinct())}.");
        if (given.GroupBy(g => g).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new UsageException($"{option} is given twice for the input '{twice.Key}'. Give it once.");
    }

    private static void EnsureCanBeGenerated(BenchmarkSubject model, IReadOnlyList<(string Name, int Count)> ids)
    {
        foreach (var input in model.Inputs)
        {
            if (!GeneratedInput.CanBeOf(input.Type)) throw new InvalidModelException($"The input {input} of '{model.Path}' is no tensor of numbers or truth values; such inputs are not generated.");
        }

        foreach (var (input, count) in ids.Join(model.Inputs, i => i.Name, i => i.Name, (i, input) => (input, i.Count)))
        {
            if (!GeneratedInput.IsInteger(input.Type)) throw new UsageException($"--ids is given for the input {input} of '{model.Path}', which takes no integers. Leave it out.");
            var most = input.Type switch { ElementType.Int8 => 128, ElementType.UInt8 => 256, ElementType.Int16 => 32768, ElementType.UInt16 => 65536, _ => int.MaxValue };
            if (count > most) throw new UsageException($"--ids {input.Name}={count} does not fit the input {input} of '{model.Path}': {input.Name}={most} is the most.");
        }
    }

    private static (string Name, int Count) ParseIds(string text)
    {
        var sign = text.LastIndexOf('=');
        if (sign > 0 && int.TryParse(text.AsSpan(sign + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0) return (text[..sign], count);
        throw new UsageException($"--ids is '{text}'; it must be NAME=N with a whole number from 1 on, such as input_ids=30522.");
    }
}
