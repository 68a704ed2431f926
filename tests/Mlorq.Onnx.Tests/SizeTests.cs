using CsCheck;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests;

/// <summary>The planner adds sizes up before anything is written, so each must be the growth of the file to the byte.</summary>
public class SizeTests
{
    private static readonly ElementType[] Types = [.. Enum.GetValues<ElementType>().Where(t => t is not (ElementType.Undefined or ElementType.String))];

    private static readonly Model Empty = new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "x", "y").Build();

    private static readonly Gen<ElementType> AnyType = Gen.Int[0, Types.Length - 1].Select(i => Types[i]);

    // Lengths on both sides of 128, where a length takes a second byte, and names that are not ASCII.
    private static readonly Gen<string> Names = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 1, 140], Gen.String[Gen.Char['à', 'ÿ'], 1, 70], Gen.Const("層/W·é"));

    [Fact]
    public void The_size_of_a_tensor_is_the_growth_of_the_graph() =>
        Gen.Select(Names, AnyType, Gen.OneOf(Gen.Long[0, 9].Array[0, 4], Gen.Long[100, 5000].Array[1, 1])).Sample((name, type, shape) =>
        {
            var spec = new TensorSpec(name, type, shape);
            var tensor = new Tensor(type, shape, new byte[spec.DataSizeInBytes]);
            var editor = Empty.Edit();
            editor.SetInitializer(name, tensor);
            var growth = editor.ToModel().Graph.SizeInBytes - Empty.Graph.SizeInBytes;
            return spec.SizeInBytes == growth && TensorSpec.Of(name, tensor).SizeInBytes == growth;
        });

    [Fact]
    public void The_size_of_a_node_is_the_growth_of_the_graph() =>
        Gen.Select(Names, Names.Array[0, 4], Names.Array[1, 3], Gen.Long.Array[0, 20], Gen.Bool).Sample((name, inputs, outputs, numbers, contrib) =>
        {
            var node = new Node(
                contrib ? "MatMulNBits" : "MatMul",
                name,
                inputs,
                outputs,
                [NodeAttribute.Ints("numbers", numbers), NodeAttribute.Int("k", numbers.FirstOrDefault()), NodeAttribute.Text("text", name)],
                contrib ? "com.microsoft" : "");
            var editor = Empty.Edit();
            editor.Nodes.Add(node);
            return node.SizeInBytes == editor.ToModel().Graph.SizeInBytes - Empty.Graph.SizeInBytes;
        });

    [Fact]
    public void The_size_of_a_model_is_the_number_of_its_bytes() => Assert.Equal(OnnxWriter.ToBytes(Empty).Length, Empty.SizeInBytes);

    [Fact]
    public void Tensors_of_any_type_survive_writing_and_reading() =>
        Gen.Select(Names, AnyType, Gen.Long[0, 5].Array[0, 3]).SelectMany((name, type, shape) =>
            Gen.Byte.Array[(int)new TensorSpec(name, type, shape).DataSizeInBytes].Select(bytes => (name, tensor: new Tensor(type, shape, bytes)))).Sample(t =>
        {
            var editor = Empty.Edit();
            editor.SetInitializer(t.name, t.tensor);
            var read = OnnxReader.Parse(OnnxWriter.ToBytes(editor.ToModel())).Graph.Initializer(t.name)!;
            return read.Type == t.tensor.Type && read.Shape.SequenceEqual(t.tensor.Shape) && read.Bytes.Span.SequenceEqual(t.tensor.Bytes.Span);
        });
}
