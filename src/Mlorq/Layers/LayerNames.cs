namespace Mlorq.Layers;

/// <summary>Short, unique names for layers: the node's path without slashes at its start and without its operator at its end.</summary>
internal sealed class LayerNames
{
    private static readonly string[] Operators = ["/MatMul", "/Gemm", "/Conv"];
    private readonly HashSet<string> _taken = [];

    public string For(string path)
    {
        var name = path.TrimStart('/');
        foreach (var suffix in Operators)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length) name = name[..^suffix.Length];
        }

        // Two products under one module keep their whole paths; exporters number those.
        if (_taken.Add(name)) return name;
        if (_taken.Add(path)) return path;
        for (var i = 2; ; i++)
        {
            if (_taken.Add($"{path}.{i}")) return $"{path}.{i}";
        }
    }
}
