using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Removes what only tools read.
/// <para>Requires: nothing.</para>
/// <para>Ensures: no documentation texts, no shapes of inner values, no notes of the exporter at nodes. The model's own metadata stays.</para>
/// </summary>
public static class DropAnnotations
{
    /// <summary>The model without annotations.</summary>
    public static Model Apply(Model model)
    {
        var editor = model.Edit();
        editor.DropAnnotations();
        return editor.ToModel();
    }
}
