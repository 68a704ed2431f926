using Mlorq.Onnx.Graphs;

namespace Mlorq.Rewriting;

/// <summary>The model-local functions of tables stored as signed bytes with a half-precision scale for each row.</summary>
internal static class RowFunctions
{
    /// <summary>The whole table; folds to single precision when the file is loaded.</summary>
    public const string Rows = "Rows8";

    /// <summary>Looked-up rows alone are turned to single precision, so the table stays small in memory.</summary>
    public const string Lookup = "Lookup8";

    public static Function ForRows() => new(
        LinearFunctions.Domain,
        Rows,
        ["codes", "scale"],
        ["y"],
        [],
        [LinearFunctions.ToFloat("codes", "c"), LinearFunctions.ToFloat("scale", "s"), new Node("Mul", "", ["c", "s"], ["y"])],
        [("", 18)]);

    public static Function ForLookup() => new(
        LinearFunctions.Domain,
        Lookup,
        ["codes", "scale", "indices"],
        ["y"],
        [],
        [
            new Node("Gather", "", ["codes", "indices"], ["row_codes"]),
            new Node("Gather", "", ["scale", "indices"], ["row_scales"]),
            LinearFunctions.ToFloat("row_codes", "c"),
            LinearFunctions.ToFloat("row_scales", "s"),
            new Node("Mul", "", ["c", "s"], ["y"]),
        ],
        [("", 18)]);
}
