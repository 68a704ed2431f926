using System.Buffers.Binary;
using System.Globalization;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>
/// What an input is fed where only time and memory matter: floats are standard normal, truth values true, and integers 1 (a token that any vocabulary
/// has, an open mask), or random ids where these are asked for.
/// </summary>
/// <param name="Name">The input's name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its shape, nothing open.</param>
/// <param name="Ids">Integers are drawn from 0 to below this number; null for ones.</param>
internal sealed record GeneratedInput(string Name, ElementType Type, IReadOnlyList<long> Shape, int? Ids = null)
{
    /// <summary>Whether <see cref="Create"/> knows elements of this type.</summary>
    public static bool CanBeOf(ElementType type) => type is ElementType.Bool || IsInteger(type) || IsFloat(type);

    public static bool IsInteger(ElementType type) => type is ElementType.Int8 or ElementType.Int16 or ElementType.Int32 or ElementType.Int64
        or ElementType.UInt8 or ElementType.UInt16 or ElementType.UInt32 or ElementType.UInt64;

    /// <summary>Makes the values; equal seeds give equal values.</summary>
    public Tensor Create(ulong seed)
    {
        var size = Type.SizeInBytes();
        var bytes = new byte[Tensor.CountElements(Shape) * size];
        var random = new UniformSequence(seed);
        for (var i = 0; i < bytes.Length; i += size)
        {
            var element = bytes.AsSpan(i, size);
            if (IsFloat(Type)) WriteFloat(element, random.NextNormal());
            else WriteInteger(element, Ids is { } ids ? random.Next(ids) : 1);
        }

        return new Tensor(Type, Shape, bytes);
    }

    /// <summary>Makes the values of all inputs of a model; each has random numbers of its own.</summary>
    public static IReadOnlyDictionary<string, Tensor> CreateAll(IReadOnlyList<GeneratedInput> inputs, ulong seed) =>
        inputs.Select((input, i) => (input.Name, Values: input.Create(seed + (ulong)i))).ToDictionary(i => i.Name, i => i.Values);

    /// <summary>As the argument of a command; <see cref="Parse"/> reads it.</summary>
    public string ToArgument() => string.Create(CultureInfo.InvariantCulture, $"{Type}:{string.Join('x', Shape)}:{Ids}:{Name}");

    /// <summary>Reads what <see cref="ToArgument"/> wrote.</summary>
    /// <exception cref="UsageException">It is something else.</exception>
    public static GeneratedInput Parse(string argument)
    {
        try
        {
            var parts = argument.Split(':', 4);
            long[] shape = parts[1].Length == 0 ? [] : [.. parts[1].Split('x').Select(d => long.Parse(d, CultureInfo.InvariantCulture))];
            return new GeneratedInput(parts[3], Enum.Parse<ElementType>(parts[0]), shape, parts[2].Length == 0 ? null : int.Parse(parts[2], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw new UsageException($"'{argument}' is no input; it must be TYPE:SHAPE:IDS:NAME, such as Float:1x3x224x224::picture.");
        }
    }

    /// <summary>For people: <c>input float [1, 3, 224, 224]</c>.</summary>
    public override string ToString() => new ValueInfo(Name, Type, [.. Shape.Select(d => (long?)d)]).ToString();

    private static bool IsFloat(ElementType type) => type is ElementType.Float or ElementType.Double or ElementType.Float16 or ElementType.BFloat16;

    private void WriteFloat(Span<byte> element, double value)
    {
        if (Type == ElementType.Float) BinaryPrimitives.WriteSingleLittleEndian(element, (float)value);
        else if (Type == ElementType.Double) BinaryPrimitives.WriteDoubleLittleEndian(element, value);
        else if (Type == ElementType.Float16) BinaryPrimitives.WriteHalfLittleEndian(element, (Half)value);
        else BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16));
    }

    // Small and not negative: little-endian bytes of any width, signed or not.
    private static void WriteInteger(Span<byte> element, int value)
    {
        for (var i = 0; i < element.Length; i++, value >>= 8) element[i] = (byte)value;
    }
}
