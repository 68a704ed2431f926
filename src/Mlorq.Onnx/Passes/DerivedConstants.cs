using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>How a rewritten node wants to read an initializer. Equal recipes for one source give one tensor.</summary>
/// <param name="Source">The initializer.</param>
/// <param name="Recipe">What is done with its values, as a key.</param>
internal sealed record DerivedConstant(string Source, string Recipe);

/// <summary>
/// Initializers in another form: one tensor for each source and form. The tensor takes the source's own name and place where
/// every reader wants that one form, so that names stay as the model's author wrote them; otherwise the source stays beside it.
/// </summary>
internal sealed class DerivedConstants
{
    private readonly Graph _graph;
    private readonly ModelEditor _editor;
    private readonly UniqueNames _names;
    private readonly HashSet<string> _replaceable;
    private readonly Dictionary<DerivedConstant, string> _done = [];

    /// <param name="graph">The graph before the pass.</param>
    /// <param name="editor">Takes the new tensors.</param>
    /// <param name="names">Names for tensors that cannot take their source's.</param>
    /// <param name="wanted">Every read that the pass will rewrite.</param>
    public DerivedConstants(Graph graph, ModelEditor editor, UniqueNames names, IReadOnlyList<DerivedConstant> wanted)
    {
        _graph = graph;
        _editor = editor;
        _names = names;
        var pinned = PinnedNames.Of(graph);
        _replaceable = [.. wanted.GroupBy(w => w.Source)
            .Where(g => !pinned.Contains(g.Key) && g.Distinct().Count() == 1 && g.Count() == CountReads(graph, g.Key))
            .Select(g => g.Key)];
    }

    /// <summary>The name of the derived tensor; made at the first call.</summary>
    /// <param name="wanted">Source and form.</param>
    /// <param name="suffix">What the form is called, where the tensor cannot take its source's name.</param>
    /// <param name="derive">Makes the tensor from the source.</param>
    public string Name(DerivedConstant wanted, string suffix, Func<Tensor, Tensor> derive)
    {
        if (_done.TryGetValue(wanted, out var name)) return name;
        name = _replaceable.Contains(wanted.Source) ? wanted.Source : _names.Fresh($"{wanted.Source}/{suffix}");
        _editor.SetInitializer(name, derive(_graph.Initializer(wanted.Source)!));
        _done.Add(wanted, name);
        return name;
    }

    private static int CountReads(Graph graph, string name) => graph.Readers(name).Sum(n => n.Inputs.Count(i => i == name));
}
