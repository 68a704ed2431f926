using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// Outputs of a run where ONNX Runtime has written them, until this is disposed of; for many runs with large outputs that are read once, whose copies
/// would pile up until the garbage collector comes.
/// </summary>
public sealed class LentOutputs : IDisposable
{
    private readonly IReadOnlyList<OrtValue> _values;
    private bool _isDisposed;

    internal LentOutputs(IReadOnlyList<OrtValue> values)
    {
        _values = values;
        Tensors = [.. values.Select(ToTensor)];
    }

    /// <summary>The outputs, whose elements can be read until this is disposed of.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var value in _values) value.Dispose();
    }

    private Tensor ToTensor(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        return new Tensor((ElementType)(int)info.ElementDataType, info.Shape, new LentMemory(this, value.GetTensorMutableRawData()).Memory);
    }

    // The lender is held, and with it what ONNX Runtime has written.
    private sealed unsafe class LentMemory(LentOutputs lender, Span<byte> bytes) : MemoryManager<byte>
    {
        private readonly byte* _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        private readonly int _length = bytes.Length;

        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(lender._isDisposed, lender);
            return new Span<byte>(_start, _length);
        }

        // Native memory stays where it is.
        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(lender._isDisposed, lender);
            return new MemoryHandle(_start + elementIndex, default, this);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
