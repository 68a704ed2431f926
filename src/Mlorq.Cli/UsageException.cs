using Mlorq.Onnx;

namespace Mlorq.Cli;

/// <summary>The command line cannot be understood.</summary>
internal sealed class UsageException(string message) : MlorqException(message);
