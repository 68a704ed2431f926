using Mlorq.Onnx.Graphs;

namespace Mlorq.Layers;

/// <summary>
/// Short, unique names for layers: the node's path without slashes at its start and without its operator at its end. Tensors of a compressed
/// layer are named below it (<c>…/q4g64</c>, <c>…/left/row_scale</c>), so a name is taken only if nothing in the model is named like that.
/// </summary>
internal sealed class LayerNames
{
    private static readonly string[] Operators = ["/MatMul", "/Gemm", "/Conv"];
    private static readonly HashSet<string> Reserved =
        ["row_scale", "block_scale", "high_rows", "zero", "bias", "left", "right", "shape", "size", "fp16", "rows8", .. Quantization.BitWidth.All.Select(w => w.Symbol)];

    private readonly HashSet<string> _taken = [];
    private readonly HashSet<string> _parents = [];

    public LayerNames(Graph graph)
    {
        var values = graph.Nodes.SelectMany(n => n.Outputs).Concat(graph.InitializerNames).Concat(graph.Inputs.Select(i => i.Name));
        foreach (var name in values) TakeParents(name);
    }

    public string For(string path)
    {
        var name = path.TrimStart('/');
        foreach (var suffix in Operators)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length) name = name[..^suffix.Length];
        }

        // Two products under one module keep their whole paths; exporters number those.
        if (Take(name)) return name;
        if (Take(path)) return path;
        for (var i = 2; ; i++)
        {
            if (Take($"{path}.{i}")) return $"{path}.{i}";
        }
    }

    private bool Take(string name)
    {
        if (_parents.Contains(name) || !_taken.Add(name) || !_taken.Add($"{name}/left") || !_taken.Add($"{name}/right")) return false;
        TakeParents(name);
        return true;
    }

    // "a/zero" and "a/left/zero" keep a layer from being called "a".
    private void TakeParents(string name)
    {
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            var next = name[(slash + 1)..].Split('/')[0];
            if (Reserved.Contains(next) || Reserved.Contains(next.Split('g', 'a')[0])) _parents.Add(name[..slash]);
        }
    }
}
