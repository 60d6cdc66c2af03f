import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryDomainsController } from './discovery-domains.controller.js';
import { DiscoveryDomainsRepository } from './discovery-domains.repository.js';
import { DiscoveryDomainsService } from './discovery-domains.service.js';
import { LOOK_UP_TXT, type LookUpTxt } from './txt-records.js';

@Module({})
export class DiscoveryDomainsModule {
  static forRoot(lookUpTxt: LookUpTxt): DynamicModule {
    return {
      module: DiscoveryDomainsModule,
      controllers: [DiscoveryDomainsController],
      providers: [DiscoveryDomainsService, DiscoveryDomainsRepository, { provide: LOOK_UP_TXT, useValue: lookUpTxt }],
      exports: [DiscoveryDomainsService],
    };
  }
}
