using Mlorq.Onnx;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>The benchmark cannot begin, or a result is not what it has to be.</summary>
internal sealed class BenchmarkException(string message) : MlorqException(message);
