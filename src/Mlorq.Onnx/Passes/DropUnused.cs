using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Removes what no output needs.
/// <para>Requires: nodes in order of execution.</para>
/// <para>
/// Ensures: every node of the main graph has an output that is read or is the graph's; every initializer is read or is the graph's output;
/// no initializer is repeated among the graph's inputs. Inputs stay, read or not: callers feed them.
/// </para>
/// </summary>
public static class DropUnused
{
    /// <summary>The model without unused nodes and initializers.</summary>
    public static Model Apply(Model model)
    {
        var editor = model.Edit();
        var needed = model.Graph.NeededValues();
        editor.Nodes.RemoveAll(n => !n.Outputs.Any(needed.Contains));
        foreach (var name in model.Graph.InitializerNames.Where(n => !needed.Contains(n))) editor.RemoveInitializer(name);
        editor.DropInitializersFromInputs();
        return editor.ToModel();
    }
}
