using Google.Protobuf.Collections;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Lifts a model of opset 11 to 17 to opset 18, subgraphs and model-local functions included.
/// <para>Requires: opset 11 or newer.</para>
/// <para>Ensures: opset 18 or newer, the same meaning. Models above 18 are returned as they are.</para>
/// </summary>
public static class RaiseOpset
{
    // What the ONNX changelog says about operators of the standard domain from 14 to 18 (OlderOperators has what came before):
    //
    //   ReduceMean, Max, Min, Prod, L1, L2, LogSum, LogSumExp, SumSquare  18  axes: attribute -> input            converted
    //   Split                      18  without sizes, num_outputs is needed                                      converted
    //   RoiAlign                   16  new attribute; its default shifts the grid by half a pixel                converted
    //   BatchNormalization      14,15  further outputs now belong to the new attribute training_mode             one output: same; more: refused
    //   Reshape                    14  allowzero = 0 is the old meaning                                          same
    //   RNN, GRU, LSTM             14  layout = 0 is the old meaning                                             same
    //   Shape                      15  start, end: by default all axes                                           same
    //   ScatterElements, ScatterND 16, 18  reduction = none is the old meaning                                   same
    //   Pad                        18  optional input axes: by default all                                       same
    //   Resize                     18  antialias, axes, keep_aspect_ratio_policy: defaults are the old meaning   same
    //   LpPool                     18  ceil_mode, dilations: defaults are the old meaning                        same
    //   OptionalGetElement, OptionalHasElement  18  accept values that are not optional                          same
    //   Add, Sub, Mul, Div, CumSum, Relu, Identity 14; Pow 15; Where, GreaterOrEqual, LessOrEqual, LeakyRelu,
    //   PRelu, Identity, If, Loop, Scan 16         more types                                                    same
    //   All others are unchanged or new.

    /// <summary>The opset that output of this library needs (BitwiseAnd, BitwiseOr).</summary>
    public const long Target = 18;

    /// <summary>The oldest opset that is understood.</summary>
    public const long Oldest = 11;

    /// <summary>The IR version that belongs to opset 18.</summary>
    private const long TargetIrVersion = 8;

    private static readonly HashSet<string> ReducesWithAxesInput =
    [
        "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare",
    ];

    /// <summary>The lifted model.</summary>
    /// <exception cref="InvalidModelException">The opset is older than 11, or BatchNormalization is in training form.</exception>
    public static Model Apply(Model model)
    {
        var versions = model.Proto.Functions.SelectMany(f => f.OpsetImport).Concat(model.Proto.OpsetImport).Where(IsStandard).Select(o => o.Version).ToList();
        if (versions.Any(v => v < Oldest))
        {
            throw new InvalidModelException(
                $"The model uses opset {versions.Min()}; Mlorq needs {Oldest} or newer: re-export the model or convert it with onnx's version converter.");
        }

        if (versions.All(v => v >= Target)) return model;
        var proto = model.Proto.Clone();
        var names = new UniqueNames(model);
        if (Raise(proto.OpsetImport) is { } from) Convert(proto.Graph.Node, from, names, new OlderOperators(model, names));
        foreach (var function in proto.Functions)
        {
            if (Raise(function.OpsetImport) is { } functionFrom) Convert(function.Node, functionFrom, names, new OlderOperators(null, names));
        }

        proto.IrVersion = Math.Max(proto.IrVersion, TargetIrVersion);
        return new Model(proto);
    }

    private static bool IsStandard(OperatorSetIdProto import) => import.Domain is "" or "ai.onnx";

    /// <summary>Sets the version; returns the old one where it was lower.</summary>
    private static long? Raise(RepeatedField<OperatorSetIdProto> imports)
    {
        if (imports.FirstOrDefault(IsStandard) is not { } import || import.Version >= Target) return null;
        var from = import.Version;
        import.Version = Target;
        return from;
    }

    private static void Convert(RepeatedField<NodeProto> nodes, long from, UniqueNames names, OlderOperators older)
    {
        var converted = new List<NodeProto>();
        foreach (var node in nodes)
        {
            foreach (var subgraph in new Node(node).Subgraphs()) Convert(subgraph.Node, from, names, older);
            var isStandard = node.Domain is "" or "ai.onnx";
            foreach (var part in isStandard && from < OlderOperators.Target ? older.Convert(node) : [node])
            {
                if (isStandard) ConvertNode(part, from, names, converted);
                converted.Add(part);
            }
        }

        nodes.Clear();
        nodes.AddRange(converted);
    }

    private static void ConvertNode(NodeProto node, long from, UniqueNames names, List<NodeProto> before)
    {
        if (ReducesWithAxesInput.Contains(node.OpType)) before.AddRange(OperatorChange.ToInput(node, "axes", names));
        else if (node.OpType == "Split") NameNumberOfOutputs(node);
        else if (node.OpType == "RoiAlign" && from < 16) KeepOldGrid(node);
        else if (node.OpType == "BatchNormalization" && from < 14) RefuseTraining(node);
    }

    private static void NameNumberOfOutputs(NodeProto node)
    {
        if (node.Input.Count > 1 && node.Input[1].Length > 0) return;
        node.Attribute.Add(NodeAttribute.Int("num_outputs", node.Output.Count).Proto);
    }

    private static void KeepOldGrid(NodeProto node)
    {
        if (node.Attribute.Any(a => a.Name == "coordinate_transformation_mode")) return;
        node.Attribute.Add(NodeAttribute.Text("coordinate_transformation_mode", "output_half_pixel").Proto);
    }

    private static void RefuseTraining(NodeProto node)
    {
        if (node.Output.Count(o => o.Length > 0) <= 1) return;
        throw new InvalidModelException($"BatchNormalization '{new Node(node).DisplayName}' has the outputs of training. Export the model for inference.");
    }
}
