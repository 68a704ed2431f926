using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

public sealed class NpyFileTests
{
    // numpy.save of [[0, 0.5, 1], [1.5, 2, 2.5]] as '<f4', made with NumPy 1.24.
    private static readonly byte[] FromNumPy =
    [
        .. Latin1("\u0093NUMPY\u0001\0v\0"),
        .. Latin1("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n"),
        .. Convert.FromHexString("000000000000003F0000803F0000C03F0000004000002040"),
    ];

    [Fact]
    public void A_file_of_NumPy_is_read()
    {
        var array = Read(FromNumPy);
        Assert.Equal(NpyElement.Float32, array.Element);
        Assert.Equal([2, 3], array.Shape);
        Assert.Equal([0f, 0.5f, 1f, 1.5f, 2f, 2.5f], array.Values<float>());
        Assert.Throws<InvalidOperationException>(() => array.Values<int>().Length);
    }

    [Fact]
    public void The_written_bytes_are_those_of_NumPy()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write(folder.File("a.npy"), [0f, 0.5f, 1f, 1.5f, 2f, 2.5f], 2, 3);
        Assert.Equal(FromNumPy, File.ReadAllBytes(folder.File("a.npy")));
    }

    [Fact]
    public void What_is_written_is_read_back() => Gen.Int[0, 4].Array[0, 5].Sample(sides =>
    {
        var shape = sides.Select(s => (long)s).ToArray();
        var values = Enumerable.Range(0, sides.Aggregate(1, (a, b) => a * b)).Select(i => i / 3f).ToArray();
        using var folder = new TemporaryFolder();
        NpyFile.Write(folder.File("a.npy"), values, shape);
        var array = NpyFile.Read(folder.File("a.npy"));
        Assert.Equal(shape, array.Shape);
        Assert.Equal(values, array.Values<float>());
        Assert.Equal(0, (new FileInfo(folder.File("a.npy")).Length - array.Bytes.Length) % 64);
    });

    [Theory]
    [InlineData("<f4", NpyElement.Float32, 4)]
    [InlineData("<f8", NpyElement.Float64, 8)]
    [InlineData("<f2", NpyElement.Float16, 2)]
    [InlineData("<i4", NpyElement.Int32, 4)]
    [InlineData("<i8", NpyElement.Int64, 8)]
    [InlineData("|u1", NpyElement.UInt8, 1)]
    [InlineData("|b1", NpyElement.Bool, 1)]
    public void All_kinds_are_read_in_all_versions(string type, NpyElement element, int size)
    {
        var data = Enumerable.Range(0, 3 * size).Select(i => (byte)(i % 2)).ToArray();
        for (byte version = 1; version <= 3; version++)
        {
            var array = Read(Make($"{{'descr': '{type}', 'fortran_order': False, 'shape': (3,), }}", data, version));
            Assert.Equal((element, size), (array.Element, NpyArray.SizeInBytes(array.Element)));
            Assert.Equal([3], array.Shape);
            Assert.Equal(data, array.Bytes);
        }
    }

    [Theory]
    [InlineData("{'shape': (), 'fortran_order': False, 'descr': '<f4'}", "")] // keys in any order, no comma at the end
    [InlineData("{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": ( 1 ,1 ), }", "1,1")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "1")] // one axis: the order is the same
    public void Other_spellings_of_the_header_are_read(string header, string shape) =>
        Assert.Equal(shape, string.Join(",", Read(Make(header, new byte[4])).Shape));

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", "is stored in Fortran order. Save it with numpy.ascontiguousarray(array).")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 2), }", "holds elements of type '>f4';")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }", "holds elements of type '|O';")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2), }", "holds elements of type '[('a', '<f4')]';")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "has 16 bytes of data, but Float32 of shape (2x3) takes 24.")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "has 16 bytes of data, but Float32 of shape (3) takes 12.")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807, 2), }", "has 16 bytes of data")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296, 4294967297), }", "has 16 bytes of data")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "has a header that cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -2), }", "has a header that cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "has a header that cannot be understood")]
    [InlineData("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", "has a header that cannot be understood")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}", "has a header that cannot be understood")]
    [InlineData("garbage", "has a header that cannot be understood: garbage")]
    public void Headers_of_other_content_are_refused(string header, string part) => AssertRefused(Make(header, new byte[16]), part);

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        for (var length = 0; length < FromNumPy.Length; length++) AssertRefused(FromNumPy[..length], string.Empty);
        AssertRefused([], "is empty.");
        AssertRefused(FromNumPy[..9], "is cut off within its header.");
        AssertRefused(FromNumPy[..60], "is cut off within its header.");
        AssertRefused([.. FromNumPy, 0], "has 25 bytes of data");
    }

    [Fact]
    public void Other_files_are_refused()
    {
        AssertRefused("PK\u0003\u0004 and so on"u8.ToArray(), "is no .npy file");
        AssertRefused(Make("{}", [], version: 4), "has version 4.0; versions 1 to 3 are read.");
        byte[] endless = [.. FromNumPy[..6], 2, 0, 255, 255, 255, 255];
        AssertRefused(endless, "claims a header of 4294967295 bytes; it is damaged.");
        Assert.Contains("cannot be read", Assert.Throws<NpyException>(() => NpyFile.Read("/nowhere/a.npy")).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be written", Assert.Throws<NpyException>(() => NpyFile.Write("/nowhere/a.npy", [1f], 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => NpyFile.Write("a.npy", [1f], 2));
    }

    private static NpyArray Read(byte[] content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.npy"), content);
        return NpyFile.Read(folder.File("a.npy"));
    }

    private static void AssertRefused(byte[] content, string part)
    {
        var e = Assert.Throws<NpyException>(() => Read(content));
        Assert.StartsWith("The array file '", e.Message, StringComparison.Ordinal);
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }

    private static byte[] Make(string header, byte[] data, byte version = 1)
    {
        var length = new byte[version == 1 ? 2 : 4];
        if (version == 1) BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)(header.Length + 1));
        else BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)(header.Length + 1));
        return [.. Latin1("\u0093NUMPY"), version, 0, .. length, .. Latin1(header + "\n"), .. data];
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
