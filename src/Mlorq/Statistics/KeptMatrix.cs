using System.Runtime.InteropServices;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;

namespace Mlorq.Statistics;

/// <summary>A symmetric matrix that is needed now and then: held in memory, or read from a temporary file each time.</summary>
internal sealed class KeptMatrix
{
    private readonly SymmetricMatrix<float>? _held;
    private readonly TemporaryFile? _file;
    private readonly long _place;

    /// <summary>Holds a matrix.</summary>
    public KeptMatrix(SymmetricMatrix<float> matrix) => (_held, Size) = (matrix, matrix.Size);

    private KeptMatrix(TemporaryFile file, long place, int size) => (_file, _place, Size) = (file, place, size);

    /// <summary>n.</summary>
    public int Size { get; }

    /// <summary>The matrix; not to be changed.</summary>
    /// <exception cref="TemporaryFileException">The file cannot be read.</exception>
    public SymmetricMatrix<float> Read()
    {
        if (_held is not null) return _held;
        var matrix = new SymmetricMatrix<float>(Size);
        _file!.Read(MemoryMarshal.AsBytes(matrix.Values.AsSpan()), _place);
        return matrix;
    }

    /// <summary>The same matrix in a file.</summary>
    /// <exception cref="TemporaryFileException">The file cannot be written.</exception>
    public KeptMatrix MovedTo(TemporaryFile file)
    {
        var bytes = MemoryMarshal.AsBytes(Read().Values.AsSpan());
        var place = file.Reserve(bytes.Length);
        file.Write(bytes, place);
        return new KeptMatrix(file, place, Size);
    }
}
