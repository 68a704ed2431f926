using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>The values that gradients of the projected tensors reach.</summary>
internal sealed class HeardValues
{
    // What these compute is new, not another form of what they read.
    private static readonly HashSet<string> Products = ["MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum"];

    private readonly Graph _graph;
    private readonly HashSet<string> _active;
    private readonly HashSet<string> _heard = [];

    public HeardValues(Graph graph, HashSet<string> active) => (_graph, _active) = (graph, active);

    /// <summary>Adds a projected tensor and all that gradients reach from it.</summary>
    public void Add(string target)
    {
        var open = new Stack<string>([target]);
        while (open.TryPop(out var value))
        {
            if (!_heard.Add(value) || _graph.Producer(value) is not { } node) continue;
            foreach (var input in Smooth(node)) open.Push(input);
        }
    }

    /// <summary>Whether a value is heard, or is only another form of values that are.</summary>
    public bool SpeakFor(string value)
    {
        var open = new Stack<string>([value]);
        var seen = new HashSet<string>();
        while (open.TryPop(out var next))
        {
            if (_heard.Contains(next) || !seen.Add(next)) continue;
            if (_graph.Producer(next) is not { } node || Products.Contains(node.OpType)) return false;
            foreach (var input in Smooth(node)) open.Push(input);
        }

        return true;
    }

    // The active inputs that the node passes gradients to.
    private IEnumerable<string> Smooth(Node node) => node.Inputs.Where((name, i) => _active.Contains(name) && GradientRules.Passes(node, i));
}
