import { Module, type DynamicModule } from '@nestjs/common';
import { AppConfig } from './config.js';

/** Gives every feature the configuration that {@link loadConfig} made. */
@Module({})
export class ConfigModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: AppConfig, useValue: config }],
      exports: [AppConfig],
    };
  }
}
