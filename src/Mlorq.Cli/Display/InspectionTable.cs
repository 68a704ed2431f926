using Mlorq.Layers;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>A model's inspection as tables.</summary>
internal static class InspectionTable
{
    public static void Write(IAnsiConsole console, string path, ModelInspection model, bool verbose)
    {
        WriteLayers(console, model, verbose);
        if (model.LeftAlone.Count > 0) WriteLeftAlone(console, model, verbose);
        var layers = Format.Megabytes(model.Layers.Sum(l => l.SizeInBytes));
        var bits = Format.Text($"{8.0 * model.SizeInBytes / Math.Max(1, model.Parameters):F2}");
        var table = Tables.Create("", "", "")
            .Row("file", path)
            .Row("size", $"{Format.Megabytes(model.SizeInBytes)} ({Format.Bytes(model.SizeInBytes)} bytes), of which layers {layers}")
            .Row(model.IsCompressed ? "stored values" : "parameters", $"{Format.Bytes(model.Parameters)}, {bits} bits each on average")
            .Row("nodes, opset, IR", $"{model.Nodes}, {model.Opset}, {model.IrVersion}")
            .Row("producer", model.Producer.Length > 0 ? model.Producer : "not named")
            .Row("inputs", string.Join("; ", model.Inputs))
            .Row("outputs", string.Join("; ", model.Outputs));
        if (model.WhyNotDifferentiable is { } obstacle) table.Row("projected tensors", $"none: {obstacle}; compress with --sensitivity measured");
        else if (model.ProjectedTensors.Count > 0) table.Row("projected tensors", string.Join(", ", model.ProjectedTensors));
        foreach (var (key, value) in model.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) table.Row(key, value);
        console.Write(table);
    }

    private static void WriteLayers(IAnsiConsole console, ModelInspection model, bool verbose)
    {
        var title = model.IsCompressed ? "Layers as stored" : "Layers that can be compressed";
        var table = Tables.Create(title, "layer", "operator", "stored as", "[out, in]", "parameters", "bytes", "share").NumbersFrom(4);
        foreach (var layer in model.Layers.Where(l => verbose || !l.IsConstant))
        {
            Row(table, model, layer.Name, layer.Operator, layer.Form, Format.Shape(layer.Shape), layer.Parameters, layer.SizeInBytes);
        }

        foreach (var group in model.Layers.Where(l => !verbose && l.IsConstant).GroupBy(l => (l.Operator, l.Form)))
        {
            var name = group.Count() == 1 ? "1 other constant" : $"{group.Count()} other constants";
            Row(table, model, name, group.Key.Operator, group.Key.Form, "", group.Sum(l => l.Parameters), group.Sum(l => l.SizeInBytes));
        }

        if (model.Layers.Count == 0) console.WriteLine("No layer can be compressed.");
        else console.Write(table);
    }

    private static void Row(Table table, ModelInspection model, string name, string op, string form, string shape, long parameters, long bytes) =>
        table.Row(name, op, form, shape, Format.Bytes(parameters), Format.Bytes(bytes), Format.Percent((double)bytes / model.SizeInBytes));

    private static void WriteLeftAlone(IAnsiConsole console, ModelInspection model, bool verbose)
    {
        var table = Tables.Create("Left alone", "name", "operator", "parameters", "bytes", "why").NumbersFrom(2);
        table.Columns[4].Alignment = Justify.Left;
        foreach (var group in model.LeftAlone.GroupBy(l => (l.Operator, l.Reason)))
        {
            // Twenty-four attention products are one line, unless each is asked for.
            var rows = verbose || group.Count() == 1
                ? group.Select(l => (l.Name, l.Parameters, l.SizeInBytes))
                : [($"{group.First().Name} and {group.Count() - 1} more", group.Sum(l => l.Parameters), group.Sum(l => l.SizeInBytes))];
            foreach (var (name, parameters, bytes) in rows) table.Row(name, group.Key.Operator, Format.Bytes(parameters), Format.Bytes(bytes), group.Key.Reason);
        }

        console.Write(table);
    }
}
