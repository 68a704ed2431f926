using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Computes what exporters leave between a weight and its reader (Constant, Identity, Transpose, Cast, Reshape, Squeeze, Unsqueeze).
/// <para>Requires: the operators of opset 13 or newer (axes of Squeeze and Unsqueeze are inputs).</para>
/// <para>
/// Ensures: in the main graph, a value that such nodes compute from constants alone is an initializer, under the name of the node's
/// output or, where nothing but the name changed, under the initializer's own name; equal chains from one initializer give one tensor.
/// Subgraphs are not touched, and the names that they and the graph's outputs read stay valid. Initializers that nobody reads any
/// more stay; <see cref="DropUnused"/> removes them.
/// </para>
/// </summary>
public static class FoldConstants
{
    /// <summary>The folded model.</summary>
    public static Model Apply(Model model) => new Folding(model).Apply();

    private sealed class Folding(Model model)
    {
        private readonly Graph _graph = model.Graph;
        private readonly ModelEditor _editor = model.Edit();
        private readonly UniqueNames _names = new(model);
        private readonly HashSet<string> _pinned = PinnedNames.Of(model.Graph);

        /// <summary>Names of folded outputs, and the initializers that hold their values.</summary>
        private readonly Dictionary<string, string> _aliases = [];
        private readonly Dictionary<string, Tensor> _folded = [];
        private readonly Dictionary<string, string> _holderOfRecipe = [];

        public Model Apply()
        {
            _editor.Nodes.Clear();
            foreach (var node in _graph.Nodes)
            {
                var current = WithFoldedInputs(node);
                if (!TryFold(current)) _editor.Nodes.Add(current);
            }

            return _editor.ToModel();
        }

        private Node WithFoldedInputs(Node node) =>
            node.Inputs.Any(_aliases.ContainsKey) ? node.With(inputs: node.Inputs.Select(i => _aliases.GetValueOrDefault(i, i))) : node;

        /// <summary>Returns whether the node is not needed any more.</summary>
        private bool TryFold(Node node)
        {
            if (node.HasSubgraphs || ConstantValue.Of(node, Constant) is not { } value) return false;
            var output = node.Outputs[0];
            var holder = Holder(node, value);
            if (holder == output) return true;
            _aliases[output] = holder;
            return !_pinned.Contains(output);
        }

        /// <summary>The initializer that holds a node's value: an existing one where possible.</summary>
        private string Holder(Node node, Tensor value)
        {
            // The same tensor came back: nothing but the name changed.
            if (node.Inputs.Count > 0 && ReferenceEquals(value, Constant(node.Input(0)))) return node.Input(0);
            // Equal Constant nodes are left to MergeEqualConstants; their recipe would hold the whole tensor.
            var recipe = node.Is("Constant") ? "" : node.Recipe();
            if (_holderOfRecipe.TryGetValue(recipe, out var known)) return known;
            // Runtimes differ in whether an initializer may be a graph output, so there the node stays.
            var holder = _graph.IsOutput(node.Outputs[0]) ? _names.Fresh($"{node.Outputs[0]}/folded") : node.Outputs[0];
            _editor.SetInitializer(holder, value);
            _folded.Add(holder, value);
            if (recipe.Length > 0) _holderOfRecipe.Add(recipe, holder);
            return holder;
        }

        private Tensor? Constant(string name)
        {
            if (_folded.TryGetValue(name, out var tensor)) return tensor;
            if (!_graph.HasInitializer(name) || _graph.Initializer(name) is not { } read) return null;
            _folded.Add(name, read);
            return read;
        }
    }
}
