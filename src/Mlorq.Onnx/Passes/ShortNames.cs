using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// One or two letters instead of the names of inner values, which exporters make of long paths and a file repeats for every reader. Inputs, outputs, constants and
/// what subgraphs read keep their names.
/// </summary>
public sealed class ShortNames
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private readonly Dictionary<string, string> _short;

    private ShortNames(Dictionary<string, string> shortNames) => _short = shortNames;

    /// <summary>Every name stays as it is.</summary>
    public static ShortNames None { get; } = new([]);

    /// <summary>The names for a model: the same for equal models.</summary>
    public static ShortNames Of(Model model)
    {
        var (pinned, taken, next) = (PinnedNames.Of(model.Graph), new UniqueNames(model), 0);
        var result = new Dictionary<string, string>();
        foreach (var value in model.Graph.Nodes.SelectMany(n => n.Outputs).Where(o => o.Length > 0 && !pinned.Contains(o)))
        {
            string name;
            do name = Text(next++);
            while (!taken.TryTake(name));
            if (name.Length < value.Length) result.Add(value, name);
        }

        return new ShortNames(result);
    }

    /// <summary>A node with short names for what it reads and computes, and none for itself.</summary>
    public Node Apply(Node node) => ReferenceEquals(this, None) ? node : node.With([.. node.Inputs.Select(Of)], [.. node.Outputs.Select(Of)], "");

    /// <summary>The short name of a value, or its own.</summary>
    public string Of(string name) => _short.GetValueOrDefault(name, name);

    private static string Text(int number) => number < Letters.Length ? Letters[number].ToString() : Text((number / Letters.Length) - 1) + Letters[number % Letters.Length];
}
