using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// A model in ONNX Runtime. Runs on the caller's thread alone, so that sums come out the same for any number of threads;
/// several threads may call <see cref="Run"/> at once.
/// </summary>
public sealed class ModelRunner : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly bool _isLarge;

    private ModelRunner(InferenceSession session, bool isLarge) => (_session, _isLarge) = (session, isLarge);

    /// <summary>Names of the inputs.</summary>
    public IReadOnlyList<string> InputNames => _session.InputNames;

    /// <summary>Names of the outputs.</summary>
    public IReadOnlyList<string> OutputNames => _session.OutputNames;

    /// <summary>An output as ONNX Runtime infers it; of type <see cref="ElementType.Undefined"/> when it is not a tensor.</summary>
    internal ValueInfo OutputInfo(string name)
    {
        var metadata = _session.OutputMetadata[name];
        if (!metadata.IsTensor) return new ValueInfo(name, ElementType.Undefined, null);
        // A scalar and a tensor of unknown rank look alike, so neither gets a shape.
        var shape = metadata.Dimensions.Length == 0 ? null : metadata.Dimensions.Select(d => d >= 0 ? d : (long?)null).ToList();
        return new ValueInfo(name, (ElementType)(int)metadata.ElementDataType, shape);
    }

    /// <summary>Whether a value can be fed as an input: sequences and texts cannot.</summary>
    internal static bool CanBeFed(ValueInfo value) => value.Type is not (ElementType.Undefined or ElementType.String);

    /// <summary>
    /// Loads a model. Where it has more than 64 MB this goes by way of a temporary file, so that there is no second copy of all weights; if the file cannot be written, a model of less than 2 GB is loaded from memory.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="threads">Threads of a run.</param>
    /// <param name="asWritten">Whether QuantizeLinear and DequantizeLinear compute what they say, each for itself; else ONNX Runtime makes integer operators of what is between them, as it does of files.</param>
    /// <param name="isPacked">Whether ONNX Runtime may hold weights in the order that its kernels like best. Else those of a model of more than 64 MB are read from where the file is mapped, and none is held twice; runs of hundreds of rows take as long.</param>
    /// <exception cref="ModelRunException">ONNX Runtime refuses it.</exception>
    /// <exception cref="TemporaryFileException">The file for a model of 2 GB or more cannot be written.</exception>
    public static ModelRunner Load(Model model, int threads = 1, bool asWritten = true, bool isPacked = true)
    {
        using var options = Options(threads);
        // Between two tensors that are rounded, a convolution's float kernel would be rounded as well, with one scale for all channels.
        if (asWritten) options.AddSessionConfigEntry("session.disable_quant_qdq", "1");
        if (!LargeModel.IsHeldOnce(model)) return Create(() => new InferenceSession(OnnxWriter.ToBytes(model), options));
        if (!isPacked) options.AddSessionConfigEntry("session.disable_prepacking", "1");
        using var file = TryWrite(model);
        return Create(() => file is null ? new InferenceSession(OnnxWriter.ToBytes(model), options) : new InferenceSession(file.Path, options), isLarge: true);
    }

    /// <summary>Deletes the temporary files of this process, for one that has to end while a model is being loaded.</summary>
    public static void DeleteTemporaryFiles() => TemporaryModel.DeleteAll();

    /// <summary>Loads a model with some of its inner values as outputs.</summary>
    /// <exception cref="ModelRunException">ONNX Runtime refuses it.</exception>
    public static ModelRunner LoadExposing(Model model, IEnumerable<string> values)
    {
        var editor = model.Edit();
        editor.ExposeOutputs(values);
        return Load(editor.ToModel());
    }

    /// <summary>Loads a model from its bytes.</summary>
    /// <exception cref="ModelRunException">ONNX Runtime refuses it.</exception>
    public static ModelRunner Load(byte[] model, int threads = 1)
    {
        using var options = Options(threads);
        return Create(() => new InferenceSession(model, options));
    }

    /// <summary>Loads a model from a file.</summary>
    /// <exception cref="ModelRunException">ONNX Runtime refuses it.</exception>
    public static ModelRunner LoadFile(string path, int threads = 1)
    {
        using var options = Options(threads);
        return Create(() => new InferenceSession(path, options));
    }

    /// <summary>Runs the model.</summary>
    /// <param name="inputs">A tensor for each input.</param>
    /// <param name="outputs">The outputs wanted; all of them when null.</param>
    /// <exception cref="ModelRunException">The run fails, for example because a shape does not fit.</exception>
    public IReadOnlyList<Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<string>? outputs = null) => RunWith(_runOptions, inputs, outputs ?? OutputNames);

    /// <summary>Runs the model; its outputs stay where they were written.</summary>
    /// <inheritdoc cref="Run"/>
    public LentOutputs Lend(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<string> outputs) => RunWith(_runOptions, inputs, outputs, results => new LentOutputs([.. results]));

    /// <summary>Runs the model, which may take long.</summary>
    /// <param name="inputs">A tensor for each input.</param>
    /// <param name="cancellation">Stops between two nodes.</param>
    /// <exception cref="ModelRunException">The run fails, for example because a shape does not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<Tensor> RunCancellable(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // Ending a run is said through its options, which other runs must not share then.
        using var options = new RunOptions();
        using var ending = cancellation.Register(() => options.Terminate = true);
        try
        {
            return RunWith(options, inputs, OutputNames);
        }
        catch (ModelRunException e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
        if (_isLarge) NativeHeap.Trim();
    }

    private List<Tensor> RunWith(RunOptions options, IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<string> outputs) => RunWith(options, inputs, outputs, results =>
    {
        using (results) return results.Select(ToTensor).ToList();
    });

    private T RunWith<T>(RunOptions options, IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<string> outputs, Func<IDisposableReadOnlyCollection<OrtValue>, T> read)
    {
        var names = inputs.Keys.ToList();
        var (pinned, values) = (new List<MemoryHandle>(), new List<OrtValue>());
        try
        {
            foreach (var name in names)
            {
                pinned.Add(inputs[name].Bytes.Pin());
                values.Add(ToOrtValue(inputs[name], pinned[^1]));
            }

            return read(_session.Run(options, names, values, outputs));
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelRunException($"ONNX Runtime cannot run the model: {e.Message}", e);
        }
        finally
        {
            foreach (var value in values) value.Dispose();
            foreach (var handle in pinned) handle.Dispose();
        }
    }

    private static TemporaryModel? TryWrite(Model model)
    {
        try
        {
            return TemporaryModel.Write(model);
        }
        catch (TemporaryFileException) when (!LargeModel.Is(model))
        {
            return null;
        }
    }

    private static SessionOptions Options(int threads)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            // Errors come as exceptions, and some are expected.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "0");
        // Else the threads of a model that has just run keep the processors busy, waiting for its next run, while another model takes its turn.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        return options;
    }

    private static ModelRunner Create(Func<InferenceSession> create, bool isLarge = false)
    {
        try
        {
            return new ModelRunner(create(), isLarge);
        }
        catch (OnnxRuntimeException e)
        {
            // It names the operator with its domain.
            var advice = e.Message.Contains("is not a registered function/op", StringComparison.Ordinal)
                ? " ONNX Runtime does not know this operator, and Mlorq loads no libraries with operators of others: export the model with standard operators in its place."
                : "";
            throw new ModelRunException($"ONNX Runtime cannot load the model: {e.Message}{advice}", e);
        }
    }

    // ONNX Runtime reads the tensor where it is: weights that are fed are not copied for each run.
    private static unsafe OrtValue ToOrtValue(Tensor tensor, MemoryHandle pinned) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, (Microsoft.ML.OnnxRuntime.Tensors.TensorElementType)(int)tensor.Type, tensor.Shape.ToArray(), (nint)pinned.Pointer, tensor.Bytes.Length);

    private static Tensor ToTensor(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var data = value.GetTensorMutableRawData();
        var bytes = GC.AllocateUninitializedArray<byte>(data.Length);
        data.CopyTo(bytes);
        return new Tensor((ElementType)(int)info.ElementDataType, info.Shape, bytes);
    }
}
